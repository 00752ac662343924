import { RecordChanged, TriggerUnproven } from '../errors.ts';
import type { ControlTable } from '../ports/control.ts';
import type { LegacyUsers } from '../ports/legacy-users.ts';
import type { UserPool } from '../ports/user-pool.ts';
import { type Coverage, measureCoverage } from './coverage.ts';

/** Control record kind SIGN-IN, id `proof`: counts the users that the trigger migrated; the last username is looked up in the pool. */
interface MigrationCount {
  readonly migrations: number;
  readonly lastUsername: string;
}

export interface TriggerProof {
  readonly proven: boolean;
  /** Users migrated through the trigger, at least. */
  readonly proofs: number;
  readonly coverage: Coverage;
}

const KIND = 'SIGN-IN';
const ID = 'proof';

/** Counts a migration. Losing one in a burst of sign-ins is harmless, because the counter means "at least". */
export async function recordProof(control: ControlTable, username: string): Promise<void> {
  const found = await control.read<MigrationCount>(KIND, ID);
  const count: MigrationCount = { migrations: (found?.value.migrations ?? 0) + 1, lastUsername: username };
  try {
    await control.write(KIND, ID, count, found?.revision ?? 0);
  } catch (error) {
    if (!(error instanceof RecordChanged)) throw error;
  }
}

/**
 * Attaches the trigger if it is missing and checks for the proof: a user who was not in the pool has signed in through the trigger.
 * If the pool has all users already, there is nothing to prove.
 *
 * @throws TriggerUnproven on the last attempt without a proof, or if there are no legacy users to read
 */
export async function proveTrigger(
  ports: {
    readonly control: ControlTable;
    readonly userPool: Pick<UserPool, 'trigger' | 'setTrigger' | 'has' | 'count'>;
    readonly legacyUsers: LegacyUsers | null;
  },
  input: { readonly functionArn: string; readonly attempt: number; readonly attempts: number },
): Promise<TriggerProof> {
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

/** The number of users migrated through the trigger; also 0 while the last of them is not in the pool yet. */
async function countProofs(control: ControlTable, pool: Pick<UserPool, 'has'>): Promise<number> {
  const found = await control.read<MigrationCount>(KIND, ID);
  if (found === null) return 0;
  return (await pool.has(found.value.lastUsername)) ? found.value.migrations : 0;
}
