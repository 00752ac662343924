import { runUnsafeSimulation } from '@cloud-copilot/iam-simulate';
import * as z from 'zod';
import { ACCOUNT } from '../aws/account.ts';
import type { Call } from './call.ts';
import type { Principal } from './principals.ts';

/** Whether a call is allowed, and the statements that say so, by their positions among the principal's. */
export interface Decision {
  readonly allowed: boolean;
  /** True where a statement denies it. */
  readonly explicit: boolean;
  readonly statements: readonly number[];
}

export type Evaluate = (principal: Principal, call: Call) => Decision;

/** Decisions kept at a time. A stack needs some hundreds; keys of items and of objects make more. */
const KEPT = 20_000;

/**
 * Decides calls by the principals' own policies; a key of KMS trusts the account, as its default policy does. Decisions are kept, because
 * one takes the simulator about a millisecond. Where a statement without conditions allows a call, its decision serves every context.
 */
export function createEvaluator(): Evaluate {
  const kept = new Map<string, Decision>();
  const keep = (key: string, decide: () => Decision): Decision => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= KEPT) kept.clear();
    const decision = decide();
    kept.set(key, decision);
    return decision;
  };
  return (principal, call) => {
    const key = `${principal.accessKeyId} ${call.action} ${call.resource}`;
    const anyContext = keep(key, () => decide(principal, call, isUnconditional));
    if (anyContext.allowed && principal.statements.every(({ Effect }) => Effect === 'Allow')) return anyContext;
    return keep(`${key} ${JSON.stringify(call.context)}`, () => decide(principal, call, () => true));
  };
}

type Statement = Principal['statements'][number];

function isUnconditional({ Condition }: Statement): boolean {
  return Condition === undefined;
}

/** Asks one statement at a time, which tells those that allow. */
function decide(principal: Principal, call: Call, counts: (statement: Statement) => boolean): Decision {
  const statements: number[] = [];
  for (const [at, statement] of principal.statements.entries()) {
    if (!counts(statement)) continue;
    const result = simulate(principal, statement, call);
    if (result === 'ExplicitlyDenied') return { allowed: false, explicit: true, statements: [at] };
    if (result === 'Allowed') statements.push(at);
  }
  return { allowed: statements.length > 0, explicit: false, statements };
}

function simulate({ arn }: Principal, statement: Statement, asked: Call): string {
  const { action, resource, context, policy } = asked.action.startsWith('kms:')
    ? asOtherService(statement, asked)
    : { ...asked, policy: { ...statement } };
  return runUnsafeSimulation(
    {
      request: {
        principal: arn,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: Object.fromEntries(
          Object.entries(context).map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]),
        ),
      },
      identityPolicies: [{ name: 'grants', policy: { Version: '2012-10-17', Statement: [policy] } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
}

const renamed = z.object({
  action: z.string(),
  resource: z.string(),
  context: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  policy: z.record(z.string(), z.unknown()),
});

/**
 * The simulator allows nothing of KMS without a key's policy, and cannot load one in this mode. The default policy of a key leaves the
 * decision to the policies of the account, as other services do; so KMS is decided under another name.
 */
function asOtherService(policy: Statement, { action, resource, context }: Call): z.infer<typeof renamed> {
  return renamed.parse(JSON.parse(JSON.stringify({ action, resource, context, policy }).replaceAll('"kms:', '"key:')));
}
