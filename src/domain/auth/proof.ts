import { RecordChanged } from '../errors.ts';
import type { ControlTable } from '../ports/control.ts';
import type { UserPool } from '../ports/user-pool.ts';

/** Control record kind AUTH, id `proof`: users whom the trigger let over; the last name is looked up in the pool. */
export interface Proof {
  readonly migrations: number;
  readonly lastUsername: string;
}

const KIND = 'AUTH';
const ID = 'proof';

/** Counts a migration. Losing one under a burst of sign-ins is harmless: the counter says "at least". */
export async function recordProof(control: ControlTable, username: string): Promise<void> {
  const found = await control.read<Proof>(KIND, ID);
  const proof: Proof = { migrations: (found?.value.migrations ?? 0) + 1, lastUsername: username };
  try {
    await control.write(KIND, ID, proof, found?.revision ?? 0);
  } catch (error) {
    if (!(error instanceof RecordChanged)) throw error;
  }
}

/** How many users came over through the trigger; 0 as well while the last of them is not in the pool yet. */
export async function countProofs(control: ControlTable, pool: UserPool): Promise<number> {
  const found = await control.read<Proof>(KIND, ID);
  if (found === null) return 0;
  return (await pool.has(found.value.lastUsername)) ? found.value.migrations : 0;
}
