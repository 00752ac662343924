import { type Grant, grantsOf, isUsed, usedGrants } from '../../local/iam/unused-grants.ts';
import { readProject } from '../../local/stack/project.ts';
import { type Reason, REASONS } from './reasons.ts';

export interface GrantReport {
  readonly lines: readonly string[];
  /** Each is a reason to fail. */
  readonly faults: readonly string[];
}

/** Compares what the reference application's template grants with what the stacks of a test run used. */
export async function grantReport(useFile: string): Promise<GrantReport> {
  const { deployment } = await readProject();
  return reportOf(grantsOf(deployment), usedGrants(useFile), REASONS);
}

/** A grant is used, or has a reason. A reason that explains nothing is told only: what is used depends a little on the time. */
export function reportOf(grants: readonly Grant[], used: ReadonlySet<string>, reasons: readonly Reason[]): GrantReport {
  const unused = grants.filter((grant) => !isUsed(grant, used));
  const explained = unused.map((grant) => ({ grant, reason: reasons.find((reason) => explains(reason, grant)) }));
  const open = explained.filter(({ reason }) => reason === undefined).map(({ grant }) => grant);
  const idle = reasons.filter((reason) => !explained.some((one) => one.reason === reason));
  const usedCount = grants.length - unused.length;
  return {
    lines: [
      `grants: ${grants.length} in the template, ${usedCount} used, ${unused.length - open.length} unused with a reason, ${open.length} without`,
      ...idle.map(({ grantee, actions }) => `test/grants/reasons.ts: ${grantee} ${actions} explains nothing this time`),
    ],
    faults: open.map(
      ({ grantee, action, resources }) =>
        `${grantee} may ${action} on ${resources.join(', ')}, and no test used it: take it away, test it, or give the reason in test/grants/reasons.ts`,
    ),
  };
}

function explains({ grantee, actions }: Reason, grant: Grant): boolean {
  return grantee.test(grant.grantee) && actions.test(grant.action);
}
