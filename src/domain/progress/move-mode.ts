import { type ModeState } from '../mode/modes.ts';
import { hasReached, nextState, type Target, wayBack } from '../mode/transitions.ts';
import type { Plan } from '../plan/plan.ts';
import { assertAllCarried, unfinishedColumns } from './carried.ts';
import type { ControlTable } from '../ports/control.ts';
import type { SourceAccess } from '../ports/source-access.ts';

/**
 * Moves to a neighbouring mode, and returns the new state; does nothing where the mode is already there. Conditional on the epoch (RACE-43).
 *
 * @throws MoveRefused where the modes are not neighbours or a stage would be skipped
 * @throws EpochMoved where another process moved the mode meanwhile
 * @throws BacklogNotEmpty where a generation is to begin while columns are being carried
 */
export async function moveMode(control: ControlTable, plan: Plan, to: Target): Promise<ModeState> {
  const from = await control.mode();
  const next = nextState(from, to, plan.cutover.stages);
  if (next === null) return from;
  if (next.generation !== from.generation) await copyFacts(control, from.generation, next.generation);
  return control.move(from, next);
}

/**
 * Returns reads to PostgreSQL through the modes in between; the first move already returns them. A fence is removed before that, because a
 * mode that accepts writes would fail every one of them. Logins are restored last, so that they cannot delay the reads.
 */
export async function returnReads(control: ControlTable, plan: Plan, access: SourceAccess): Promise<ModeState> {
  let state = await control.mode();
  const path = wayBack(state, plan.cutover.stages);
  if (state.mode === 'drained') await access.unfence();
  for (const target of path) state = await moveMode(control, plan, target);
  if (path.length > 0) await access.restoreLogins();
  return state;
}

/**
 * After reads have returned: back to `capture`, in which the application writes PostgreSQL only. The next run begins a new generation there.
 */
export async function leaveTarget(control: ControlTable, plan: Plan): Promise<ModeState> {
  let state = await control.mode();
  for (const mode of ['load', 'capture'] as const)
    if (hasReached(state.mode, mode) && state.mode !== mode)
      state = await moveMode(control, plan, { mode, readPercent: 0 });
  return state;
}

/** Copies the facts to the new generation: mapping needs the catalogue when PostgreSQL is gone. */
async function copyFacts(control: ControlTable, from: number, to: number): Promise<void> {
  const facts = await control.facts(from);
  if (facts === null) throw new Error(`generation ${from} has no facts to copy to generation ${to}`);
  // A column that was announced at the last moment: its items would lack it for ever.
  assertAllCarried(unfinishedColumns(facts).length);
  await control.saveFacts({ ...facts, generation: to });
}
