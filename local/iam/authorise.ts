import type { Call } from './call.ts';
import { createEvaluator } from './evaluate.ts';
import type { Principal } from './principals.ts';
import { denialOf } from './refusal.ts';
import type { GrantUse } from './grant-use.ts';

/** Null where all calls are allowed, else the sentence that refuses the first that is not. */
export type Authorise = (principal: Principal, calls: readonly Call[]) => string | null;

/** Decides whether a principal may make calls, and notes the grants that it used. */
export function createAuthoriser(use: GrantUse): Authorise {
  const evaluate = createEvaluator();
  return (principal, calls) => {
    for (const call of calls) {
      const { allowed, explicit, statements } = evaluate(principal, call);
      if (!allowed) return denialOf(principal, call, explicit);
      for (const at of statements) use.note(principal, at, call.action);
    }
    return null;
  };
}
