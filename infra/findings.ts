import { CfnResource, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import * as z from 'zod';

const acknowledged = z.record(z.string(), z.string());

export interface Findings {
  /** Resources that cdk-nag looked at. */
  readonly resources: number;
  /** Rules that are broken, without a reason why that stands. */
  readonly open: readonly string[];
  /** Findings that stand, each with its reason. */
  readonly accepted: readonly { readonly id: string; readonly reason: string }[];
}

/** What cdk-nag's AwsSolutions rules say of everything below a construct. */
export function findingsOf(scope: IConstruct): Findings {
  const all = scope.node.findAll();
  const { violations } = new AwsSolutionsChecks().validateScope(scope);
  const accepted = all.flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(acknowledged.parse(data)))
      .map(([id, reason]) => ({ id: id.replace(/^Annotation::/, ''), reason })),
  );
  return {
    resources: all.filter((construct) => CfnResource.isCfnResource(construct)).length,
    open: violations.map(({ ruleName }) => ruleName),
    accepted,
  };
}

/** The same for people: how much was looked at, and what was accepted; what is open the CDK prints itself, and fails. */
export function findingLines({ resources, open, accepted }: Findings): readonly string[] {
  return [
    `cdk-nag AwsSolutions: ${resources} resources, ${open.length} open findings, ${accepted.length} accepted`,
    ...new Set(accepted.map(({ id, reason }) => `  ${id}: ${reason}`)),
  ];
}
