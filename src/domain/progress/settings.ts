import { MoveRefused } from '../errors.ts';
import type { ModeState } from '../mode/modes.ts';
import { hasReached, type Target } from '../mode/transitions.ts';
import type { Plan } from '../plan/plan.ts';
import type { Phase, PhaseRecord } from './phase.ts';

/** Input of a phase's state machine: the state of the migration, and the plan's times. */
export interface Settings {
  readonly mode: string;
  readonly generation: number;
  /** True when the phase is already done: the machine ends at once. */
  readonly skip: boolean;
  /** Lease plus T: after it every client acts on a new mode, and no older request is under way. */
  readonly settleSeconds: number;
  readonly bakeSeconds: number;
  readonly graceSeconds: number;
  readonly entities: readonly string[];
  /** Stages that cutover has yet to bake and evaluate, including the current one. */
  readonly stages: readonly Target[];
}

/** Settings of a phase. Throws MoveRefused while writes are stopped, because a recovery is running. */
export function settingsFor(phase: Phase, plan: Plan, state: ModeState, record: PhaseRecord | null): Settings {
  if (state.mode === 'stopped')
    throw new MoveRefused({
      from: 'stopped',
      to: phase,
      reason: 'writes are stopped by a recovery that is not finished',
    });
  return {
    mode: state.mode,
    generation: state.generation,
    skip: isDone(phase, plan, state, record),
    settleSeconds: settleSeconds(plan),
    bakeSeconds: Math.ceil(plan.cutover.bakeMinutes * 60),
    graceSeconds: plan.decommission.graceDays * 86_400,
    entities: Object.keys(plan.entities),
    stages: stagesLeft(plan, state),
  };
}

/** Lease plus T, in whole seconds. */
export function settleSeconds(plan: Plan): number {
  return Math.ceil(plan.writes.leaseSeconds + plan.writes.deadlineSeconds);
}

function isDone(phase: Phase, plan: Plan, state: ModeState, record: PhaseRecord | null): boolean {
  switch (phase) {
    case 'auth':
      return plan.auth === undefined || hasReached(state.mode, 'drained');
    case 'dual-write':
      return hasReached(state.mode, 'shadow');
    case 'cutover':
      return hasReached(state.mode, 'drained') || (record?.status === 'done' && state.readPercent === 100);
    case 'decommission':
      return state.mode === 'complete' && record?.status === 'done';
  }
}

function stagesLeft(plan: Plan, state: ModeState): readonly Target[] {
  const all: readonly Target[] = [
    { mode: 'shadow', readPercent: 0 },
    ...plan.cutover.stages.map((readPercent): Target => ({ mode: 'reads', readPercent })),
  ];
  const at = all.findIndex(({ mode, readPercent }) => mode === state.mode && readPercent === state.readPercent);
  return at === -1 ? all : all.slice(at);
}
