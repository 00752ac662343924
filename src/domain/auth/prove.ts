import { TriggerUnproven } from '../errors.ts';
import type { ControlTable } from '../ports/control.ts';
import type { LegacyUsers } from '../ports/legacy-users.ts';
import type { UserPool } from '../ports/user-pool.ts';
import { type Coverage, measureCoverage } from './coverage.ts';
import { countProofs } from './proof.ts';

export interface Proven {
  readonly proven: boolean;
  /** Users who came over through the trigger, at least. */
  readonly proofs: number;
  readonly coverage: Coverage;
}

/**
 * Attaches the trigger where it is missing and looks for the proof: a user who was not in the pool has signed in through it. Where
 * everybody is in the pool already there is nothing to prove. Throws after the last attempt.
 */
export async function proveTrigger(
  ports: { readonly control: ControlTable; readonly userPool: UserPool; readonly legacyUsers: LegacyUsers | null },
  input: { readonly functionArn: string; readonly attempt: number; readonly attempts: number },
): Promise<Proven> {
  const { control, userPool, legacyUsers } = ports;
  if (legacyUsers === null) throw new TriggerUnproven({ proofs: 0, needed: 1 });
  if ((await userPool.trigger()) !== input.functionArn) await userPool.setTrigger(input.functionArn);
  const [proofs, coverage] = await Promise.all([
    countProofs(control, userPool),
    measureCoverage(legacyUsers, userPool),
  ]);
  const proven = proofs >= 1 || coverage.percent >= 100;
  if (!proven && input.attempt >= input.attempts) throw new TriggerUnproven({ proofs, needed: 1 });
  return { proven, proofs, coverage };
}
