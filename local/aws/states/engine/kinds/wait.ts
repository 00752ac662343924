import type { Frame } from '../../journal/frame.ts';
import type { Run } from '../run/run.ts';
import type { WaitState } from '../../definition/schema.ts';
import { evaluateField, evaluateNumber, unusable } from '../run/scope.ts';

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Waits on the clock. The end is journaled first: a restart does not make the wait longer. */
export async function runWait(run: Run, frame: Frame, state: WaitState): Promise<void> {
  const { clock } = run.services;
  if (!frame.pause) {
    const ms = state.Timestamp === undefined ? await duration(run, frame, state) : await distance(run, frame, state);
    run.step(frame.path, { change: { pause: clock.deadline(Math.max(0, ms)) } });
  }
  if (frame.pause) await clock.until(frame.pause, run.signal);
}

async function duration(run: Run, frame: Frame, state: WaitState): Promise<number> {
  const seconds = await evaluateNumber(run, frame, 'Seconds', state.Seconds, { min: 0, max: 99_999_999 });
  return (seconds ?? 0) * 1000;
}

async function distance(run: Run, frame: Frame, state: WaitState): Promise<number> {
  const timestamp = await evaluateField(run, frame, 'Timestamp', state.Timestamp ?? null);
  const at = typeof timestamp === 'string' && TIMESTAMP.test(timestamp) ? Date.parse(timestamp) : NaN;
  if (Number.isNaN(at)) throw unusable('Timestamp', 'an RFC 3339 timestamp', timestamp);
  return at - run.services.clock.now();
}
