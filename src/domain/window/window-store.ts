import { MismatchesFound } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlTable } from '../ports/control.ts';
import { evaluateWindow, type Night, type Window, type WindowVerdict, withNight } from './window.ts';

const KIND = 'WINDOW';
const ID = 'window';

export interface WindowEvidence extends WindowVerdict {
  readonly startedAt: string;
  readonly nights: readonly Night[];
}

/** Opens the window on its first call, adds a night if there is one, and evaluates the window. Too many mismatches end the phase. */
export async function checkWindow(
  control: ControlTable,
  plan: Plan['window'],
  input: {
    readonly now: string;
    readonly generation: number;
    readonly night: Night | null;
    readonly backlog: readonly string[];
  },
): Promise<WindowEvidence> {
  const found = await control.read<Window>(KIND, ID);
  const { generation, now: startedAt } = input;
  const before: Window = found?.value.generation === generation ? found.value : { generation, startedAt, nights: [] };
  const window = input.night === null ? before : withNight(before, input.night);
  if (window !== found?.value) await control.write(KIND, ID, window, found?.revision ?? 0);
  const verdict = evaluateWindow(window, plan, input.backlog, input.now);
  if (verdict.alarm && input.night !== null)
    throw new MismatchesFound({ mismatches: input.night.mismatches, unverified: input.night.unverified });
  return { ...verdict, startedAt: window.startedAt, nights: window.nights };
}

/** Resets the window: after a rewrite of the target, earlier nights prove nothing. */
export function forgetWindow(control: ControlTable): Promise<void> {
  return control.remove(KIND, ID);
}
