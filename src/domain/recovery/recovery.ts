import { RecoveryOpen } from '../errors.ts';
import type { ControlTable } from '../ports/control.ts';
import type { RecoveryCause } from './classify.ts';

/** Control record kind RECOVERY, id = run. */
export interface Recovery {
  readonly run: string;
  readonly cause: RecoveryCause;
  readonly status: 'open' | 'closed';
  readonly phase: string;
  readonly error: string;
  readonly message: string;
  readonly openedAt: string;
  readonly closedAt: string | null;
  /** Redrives of the execution when the recovery was opened. A later redrive means that a person has resolved the hold. */
  readonly redrives: number;
}

const KIND = 'RECOVERY';

/** Reads the recovery of a run; null if it never had one. */
export async function readRecovery(control: ControlTable, run: string): Promise<Recovery | null> {
  return (await control.read<Recovery>(KIND, run))?.value ?? null;
}

/** Opens the recovery of a run; does nothing while the same recovery is open. */
export async function openRecovery(
  control: ControlTable,
  input: Omit<Recovery, 'status' | 'closedAt'>,
): Promise<Recovery> {
  const found = await control.read<Recovery>(KIND, input.run);
  if (found?.value.status === 'open' && found.value.cause === input.cause && found.value.error === input.error)
    return found.value;
  const recovery: Recovery = { ...input, status: 'open', closedAt: null };
  await control.write(KIND, input.run, recovery, found?.revision ?? 0);
  return recovery;
}

/** Closes the recovery of a run; does nothing if it is closed already. */
export async function closeRecovery(control: ControlTable, run: string, now: string): Promise<void> {
  const found = await control.read<Recovery>(KIND, run);
  if (found === null || found.value.status === 'closed') return;
  await control.write(KIND, run, { ...found.value, status: 'closed', closedAt: now }, found.revision);
}

/** Throws while the run's recovery is open. A redrive of the execution that was held resolves a hold. */
export async function assertRecovered(
  control: ControlTable,
  input: { readonly run: string; readonly redrives: number; readonly now: string },
): Promise<void> {
  const found = await control.read<Recovery>(KIND, input.run);
  const recovery = found?.value;
  if (recovery?.status !== 'open') return;
  if (recovery.cause !== 'hold' || input.redrives <= recovery.redrives)
    throw new RecoveryOpen({ cause: recovery.cause, run: input.run });
  await closeRecovery(control, input.run, input.now);
}

/** Prepares a new start: resolves holds, and throws while any recovery procedure is open. */
export async function settleBeforeStart(control: ControlTable, now: string): Promise<void> {
  const open = (await control.list<Recovery>(KIND)).filter(({ value }) => value.status === 'open');
  const procedure = open.find(({ value }) => value.cause !== 'hold');
  if (procedure) throw new RecoveryOpen({ cause: procedure.value.cause, run: procedure.id });
  for (const { id } of open) await closeRecovery(control, id, now);
}
