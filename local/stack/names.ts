import { ACCOUNT } from '../aws/lambda/function-context.ts';

/** Names of what a plan's stack holds: the ones that infra/data.ts gives them on AWS. */
export interface ResourceNames {
  readonly table: string;
  readonly control: string;
  readonly bucket: string;
  readonly topic: string;
}

export function resourceNames(plan: {
  readonly name: string;
  readonly table: { readonly name: string };
}): ResourceNames {
  return {
    table: plan.table.name,
    control: `portage-${plan.name}-control`,
    bucket: `portage-${plan.name}-${ACCOUNT}`,
    topic: `portage-${plan.name}-gates`,
  };
}
