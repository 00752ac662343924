import type { ControlTable } from '../ports/control.ts';
import type { Failure } from './failure.ts';

export const PHASES = ['auth', 'dual-write', 'cutover', 'decommission'] as const;
export type Phase = (typeof PHASES)[number];

/** Control record kind PHASE, id = phase: what `portage status` and the demo show. */
export interface PhaseRecord {
  readonly phase: Phase;
  readonly run: string;
  readonly status: 'running' | 'done' | 'skipped' | 'failed';
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly failure: Failure | null;
}

const KIND = 'PHASE';

/** Reads the record of a phase; null before it started. */
export async function readPhase(control: ControlTable, phase: Phase): Promise<PhaseRecord | null> {
  return (await control.read<PhaseRecord>(KIND, phase))?.value ?? null;
}

/** Marks a phase as running; a rerun of an unfinished phase keeps its start, a finished phase keeps its record. */
export async function enterPhase(
  control: ControlTable,
  input: { readonly phase: Phase; readonly run: string; readonly now: string; readonly skip: boolean },
): Promise<void> {
  const before = await readPhase(control, input.phase);
  if (input.skip && before?.status === 'done') return;
  const record: PhaseRecord = {
    phase: input.phase,
    run: input.run,
    status: input.skip ? 'skipped' : 'running',
    startedAt: before?.run === input.run ? before.startedAt : input.now,
    endedAt: input.skip ? input.now : null,
    detail: before?.detail ?? {},
    failure: null,
  };
  await control.write(KIND, input.phase, record, 'any');
}

/** Adds details for operators; no decision depends on them. */
export async function notePhase(
  control: ControlTable,
  phase: Phase,
  change: Partial<Pick<PhaseRecord, 'status' | 'endedAt' | 'failure'>> & { readonly detail?: Record<string, unknown> },
): Promise<void> {
  const before = await readPhase(control, phase);
  if (before === null) return;
  await control.write(KIND, phase, { ...before, ...change, detail: { ...before.detail, ...change.detail } }, 'any');
}
