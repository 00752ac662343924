import { StartupError } from '../process/startup-error.ts';
import type { DeployedRole, Deployment, PolicyDocument, PolicyStatement } from '../template/deployment.ts';

/** One action of a function or a machine. */
export interface Revoked {
  /** Such as `install-capture`. */
  readonly of: string;
  /** Such as `rds-data:ExecuteStatement`. */
  readonly action: string;
}

/** Reads `install-capture:rds-data:ExecuteStatement`. Throws one line that says how it is written. */
export function parseRevoked(text: string): Revoked {
  const [, of, action] = /^([a-z-]+):([a-z-]+:[A-Za-z]+)$/.exec(text) ?? [];
  if (of === undefined || action === undefined)
    throw new StartupError(`"${text}" names no grant: write NAME:SERVICE:ACTION, such as relay:dynamodb:PutItem`);
  return { of, action };
}

/** The deployment without these grants. Throws one line where there is none to take. */
export function revoke(deployment: Deployment, revoked: readonly Revoked[]): Deployment {
  const all = [...deployment.functions, ...deployment.machines];
  const actions = revoked.flatMap(({ of, action }) => {
    const arns = all.filter(({ name }) => name === `portage-${of}`).map(({ roleArn }) => roleArn);
    const roles = deployment.roles.filter(({ arn }) => arns.includes(arn));
    if (roles.length === 0)
      throw new StartupError(`there is no function or state machine ${of}: see infra/functions.json`);
    const having = roles.filter((role) => actionsOf(role).includes(action));
    if (having.length === 0) {
      const granted = new Set(roles.flatMap(actionsOf));
      throw new StartupError(`${of} has no grant ${action}: it has ${[...granted].toSorted().join(', ')}`);
    }
    return having.map(({ arn }) => ({ role: arn, action }));
  });
  const taken = (arn: string): ReadonlySet<string> =>
    new Set(actions.filter(({ role }) => role === arn).map(({ action }) => action));
  return { ...deployment, roles: deployment.roles.map((role) => without(role, taken(role.arn))) };
}

function actionsOf({ policies }: DeployedRole): readonly string[] {
  return policies.flatMap(({ document }) => document.Statement.flatMap(({ Action }) => Action ?? []));
}

function without(role: DeployedRole, taken: ReadonlySet<string>): DeployedRole {
  if (taken.size === 0) return role;
  const policies = role.policies.map((policy) => ({ ...policy, document: documentWithout(policy.document, taken) }));
  return { ...role, policies };
}

function documentWithout(document: PolicyDocument, taken: ReadonlySet<string>): PolicyDocument {
  const kept = document.Statement.flatMap((statement): PolicyStatement[] => {
    const Action = [statement.Action ?? []].flat().filter((action) => !taken.has(action));
    return Action.length === 0 ? [] : [{ ...statement, Action }];
  });
  return { ...document, Statement: kept };
}
