import type { ExecutionSummary } from './execution-index.ts';
import { MOST_EVENTS } from '../journal/history.ts';

const PERIOD_MS = 14 * 86_400_000;

export interface Redrivability {
  readonly redrivable: boolean;
  readonly status: 'REDRIVABLE' | 'NOT_REDRIVABLE' | 'REDRIVABLE_BY_MAP_RUN';
  readonly reason?: string;
}

const not = (reason: string): Redrivability => ({ redrivable: false, status: 'NOT_REDRIVABLE', reason });

/** Whether AWS would redrive an execution, and if not, why. */
export function redrivability(summary: ExecutionSummary, events: number, now: number): Redrivability {
  if (summary.status === 'RUNNING') return not('Execution is RUNNING and cannot be redriven');
  if (summary.status === 'SUCCEEDED') return not('Execution is SUCCEEDED and cannot be redriven');
  if (now - (summary.stopDate ?? now) > PERIOD_MS)
    return not('Execution has exceeded its redrivable period of 14 days');
  if (events >= MOST_EVENTS - 1) return not('Execution event history limit exceeded');
  if (summary.mapRunArn !== null) {
    return { redrivable: true, status: 'REDRIVABLE_BY_MAP_RUN', reason: 'Redrive the execution of the Map state' };
  }
  return { redrivable: true, status: 'REDRIVABLE' };
}
