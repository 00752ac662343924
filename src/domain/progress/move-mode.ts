import { type ModeState } from '../mode/modes.ts';
import { nextState, type Target, wayBack } from '../mode/transitions.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlTable } from '../ports/control.ts';
import type { SourceAccess } from '../ports/source-access.ts';

/** Moves to a neighbouring mode, or finds that it was done before; conditional on the epoch (RACE 43). */
export async function moveMode(control: ControlTable, plan: Plan, to: Target): Promise<ModeState> {
  const from = await control.mode();
  const next = nextState(from, to, plan.cutover.stages);
  if (next === null) return from;
  if (next.generation !== from.generation) await carryFacts(control, from.generation, next.generation);
  return control.move(from, next);
}

/**
 * Brings reads back to PostgreSQL, by the modes in between, the reads with the first of them. Only a fence is taken away before, for a
 * mode that accepts writes over it would fail every one of them; logins can wait, and must not keep the reads from returning.
 */
export async function returnReads(control: ControlTable, plan: Plan, access: SourceAccess): Promise<ModeState> {
  let state = await control.mode();
  const path = wayBack(state, plan.cutover.stages);
  if (state.mode === 'drained') await access.unfence();
  for (const target of path) state = await moveMode(control, plan, target);
  if (path.length > 0) await access.restoreLogins();
  return state;
}

/** PostgreSQL's catalogue is needed for mapping when PostgreSQL is gone, under the new generation as well. */
async function carryFacts(control: ControlTable, from: number, to: number): Promise<void> {
  const facts = await control.facts(from);
  if (facts === null) throw new Error(`generation ${from} has no facts, so nothing could be mapped in ${to}`);
  await control.saveFacts({ ...facts, generation: to });
}
