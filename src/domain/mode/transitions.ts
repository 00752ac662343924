import { MoveRefused } from '../errors.ts';
import type { Mode, ModeState } from './modes.ts';

/** A mode to move to; `readPercent` is used in `reads` only. */
export interface Target {
  readonly mode: Mode;
  readonly readPercent: number;
}

const ORDER: readonly Mode[] = ['off', 'capture', 'load', 'dual', 'shadow', 'reads', 'drained', 'complete'];

/**
 * The state after a move, or null where the mode is already there. Modes move between neighbours only; `stages` are the plan's shares of
 * reads. No stage may be skipped on the way up; any lower one may be chosen on the way down (RACE-48). Throws MoveRefused.
 */
export function nextState(from: ModeState, to: Target, stages: readonly number[]): Omit<ModeState, 'epoch'> | null {
  const readPercent = percentOf(to);
  if (from.mode === to.mode && from.readPercent === readPercent) return null;
  const reason = refusalReason(from, to, stages);
  if (reason !== null) throw new MoveRefused({ from: modeName(from), to: modeName(to), reason });
  return {
    mode: to.mode,
    readPercent,
    // From here on PostgreSQL assigns no versions, so the next writes start above all that it has assigned.
    generation: to.mode === 'complete' ? from.generation + 1 : from.generation,
    stoppedFrom: to.mode === 'stopped' ? from.mode : null,
    mappingRevision: from.mappingRevision,
  };
}

/** The moves that return reads to PostgreSQL; the first of them already does. Empty where PostgreSQL serves all reads. */
export function wayBack(from: ModeState, stages: readonly number[]): readonly Target[] {
  const dual: Target = { mode: 'dual', readPercent: 0 };
  const shadow: Target = { mode: 'shadow', readPercent: 0 };
  if (from.mode === 'drained') return [{ mode: 'reads', readPercent: stages.at(-1) ?? 100 }, shadow, dual];
  if (from.mode === 'reads') return [shadow, dual];
  if (from.mode === 'shadow') return [dual];
  return [];
}

/** True when `mode` is `other` or a later mode; never for `stopped`. */
export function hasReached(mode: Mode, other: Mode): boolean {
  return ORDER.indexOf(mode) >= ORDER.indexOf(other);
}

/** Display name of a mode, such as `reads(50)`. */
export function modeName(state: Target): string {
  return state.mode === 'reads' ? `reads(${state.readPercent})` : state.mode;
}

function percentOf(to: Target): number {
  if (to.mode === 'reads') return to.readPercent;
  return to.mode === 'drained' || to.mode === 'complete' ? 100 : 0;
}

function refusalReason(from: ModeState, to: Target, stages: readonly number[]): string | null {
  if (from.mode === 'complete') return 'complete is the point of no return';
  if (to.mode === 'stopped') return null;
  if (from.mode === 'stopped') return refusalFromStopped(from.stoppedFrom, to);
  if (to.mode === 'reads' && !stages.includes(to.readPercent)) return `the plan's stages are ${stages.join(', ')}`;
  const steps = ORDER.indexOf(to.mode) - ORDER.indexOf(from.mode);
  if (steps === -1) return null;
  if (steps === 0) return refusalBetweenStages(from.readPercent, to.readPercent, stages);
  if (steps !== 1) return 'they are not neighbours';
  if (to.mode === 'reads') return to.readPercent === stages[0] ? null : `the first stage is ${stages[0]}`;
  if (to.mode === 'drained') return from.readPercent === 100 ? null : 'reads are not at 100 %';
  return null;
}

function refusalBetweenStages(from: number, to: number, stages: readonly number[]): string | null {
  if (to < from) return null;
  return stages.indexOf(to) - stages.indexOf(from) === 1 ? null : 'a stage would be skipped';
}

/** From `stopped` back to the former mode or an earlier one, in which PostgreSQL serves all reads. */
function refusalFromStopped(stoppedFrom: Mode | null, to: Target): string | null {
  if (stoppedFrom === null || to.mode === 'drained' || to.mode === 'complete' || to.mode === 'reads')
    return 'stopped can only return to a mode in which PostgreSQL serves all reads';
  return hasReached(stoppedFrom, to.mode) ? null : `the migration was stopped in ${stoppedFrom}, before ${to.mode}`;
}
