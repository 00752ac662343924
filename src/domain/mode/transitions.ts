import { MoveRefused } from '../errors.ts';
import type { Mode, ModeState } from './modes.ts';

/** A mode to move to; `readPercent` counts in `reads` only. */
export interface Target {
  readonly mode: Mode;
  readonly readPercent: number;
}

const ORDER: readonly Mode[] = ['off', 'capture', 'load', 'dual', 'shadow', 'reads', 'drained', 'complete'];

/**
 * The state after a move, or null where it is already so. Modes move between neighbours only; `stages` are the shares of reads
 * of the plan. No stage is skipped on the way up, any lower one may be taken on the way down (RACE-48).
 */
export function nextState(from: ModeState, to: Target, stages: readonly number[]): Omit<ModeState, 'epoch'> | null {
  const readPercent = percentOf(to);
  if (from.mode === to.mode && from.readPercent === readPercent) return null;
  const reason = objection(from, to, stages);
  if (reason !== null) throw new MoveRefused({ from: nameOf(from), to: nameOf(to), reason });
  return {
    mode: to.mode,
    readPercent,
    // PostgreSQL numbers nothing any more from here on, so the next writes start above all it has ever numbered.
    generation: to.mode === 'complete' ? from.generation + 1 : from.generation,
    stoppedFrom: to.mode === 'stopped' ? from.mode : null,
  };
}

/** The moves that bring reads back to PostgreSQL, the first of them at once; empty where no read goes anywhere else. */
export function wayBack(from: ModeState, stages: readonly number[]): readonly Target[] {
  const dual: Target = { mode: 'dual', readPercent: 0 };
  const shadow: Target = { mode: 'shadow', readPercent: 0 };
  if (from.mode === 'drained') return [{ mode: 'reads', readPercent: stages.at(-1) ?? 100 }, shadow, dual];
  if (from.mode === 'reads') return [shadow, dual];
  if (from.mode === 'shadow') return [dual];
  return [];
}

/** True when `mode` lies at or behind `other` on the way to complete; `stopped` lies nowhere. */
export function hasReached(mode: Mode, other: Mode): boolean {
  return ORDER.indexOf(mode) >= ORDER.indexOf(other);
}

/** `reads(50)` for people. */
export function nameOf(state: Target): string {
  return state.mode === 'reads' ? `reads(${state.readPercent})` : state.mode;
}

function percentOf(to: Target): number {
  if (to.mode === 'reads') return to.readPercent;
  return to.mode === 'drained' || to.mode === 'complete' ? 100 : 0;
}

function objection(from: ModeState, to: Target, stages: readonly number[]): string | null {
  if (from.mode === 'complete') return 'complete is the point of no return';
  if (to.mode === 'stopped') return null;
  if (from.mode === 'stopped') return fromStopped(from.stoppedFrom, to);
  if (to.mode === 'reads' && !stages.includes(to.readPercent)) return `the plan's stages are ${stages.join(', ')}`;
  const steps = ORDER.indexOf(to.mode) - ORDER.indexOf(from.mode);
  if (steps === -1) return null;
  if (steps === 0) return betweenStages(from.readPercent, to.readPercent, stages);
  if (steps !== 1) return 'they are not neighbours';
  if (to.mode === 'reads') return to.readPercent === stages[0] ? null : `the first stage is ${stages[0]}`;
  if (to.mode === 'drained') return from.readPercent === 100 ? null : 'reads are not at 100 %';
  return null;
}

function betweenStages(from: number, to: number, stages: readonly number[]): string | null {
  if (to < from) return null;
  return stages.indexOf(to) - stages.indexOf(from) === 1 ? null : 'a stage would be skipped';
}

/** Back to where it was, or to a mode before it in which PostgreSQL answers all reads. */
function fromStopped(stoppedFrom: Mode | null, to: Target): string | null {
  if (stoppedFrom === null || to.mode === 'drained' || to.mode === 'complete' || to.mode === 'reads')
    return 'from stopped the way leads back to a mode in which PostgreSQL answers reads';
  return hasReached(stoppedFrom, to.mode) ? null : `it was stopped in ${stoppedFrom}, before ${to.mode}`;
}
