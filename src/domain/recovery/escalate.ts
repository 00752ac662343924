import { type Phase, notePhase, readPhase } from '../progress/phase.ts';
import type { ControlTable } from '../ports/control.ts';
import { type Failure, innermost, rethrown } from '../progress/failure.ts';
import { readRecovery } from './recovery.ts';

/**
 * Runs in the last state of a failing phase: records the failure and throws it. After the recovery was closed, a redrive enters this
 * state again; then it returns, so that the phase continues from the control table.
 */
export async function escalate(
  control: ControlTable,
  input: { readonly phase: Phase; readonly run: string; readonly failure: Failure; readonly now: string },
): Promise<void> {
  const record = await readPhase(control, input.phase);
  const recovery = await readRecovery(control, input.run);
  const settled =
    record?.status === 'failed' && recovery?.status === 'closed' && (recovery.closedAt ?? '') >= (record.endedAt ?? '');
  if (settled) return notePhase(control, input.phase, { status: 'running', endedAt: null, failure: null });
  const failure = innermost(input.failure);
  await notePhase(control, input.phase, { status: 'failed', endedAt: input.now, failure });
  throw rethrown(failure);
}
