import { exitState, type StateExit } from './run/exit-state.ts';
import { toFailure, type StateFailure } from '../model/failure.ts';
import { untouched, type Frame } from '../journal/frame.ts';
import { event } from '../journal/history.ts';
import type { Json } from '../model/json.ts';
import { chooseCatch, chooseRetry } from './retry.ts';
import type { Run } from './run/run.ts';
import type { MapState, ParallelState, TaskState } from '../definition/schema.ts';

type RetriableState = TaskState | ParallelState | MapState;

/** Performs a state as often as its Retry allows; after that its Catch decides, or the failure goes on. */
export async function retryAndCatch(
  run: Run,
  frame: Frame,
  state: RetriableState,
  perform: () => Promise<Json>,
): Promise<StateExit> {
  for (;;) {
    try {
      if (frame.pause) {
        await run.services.clock.until(frame.pause, run.signal);
        run.step(frame.path, { change: { pause: null } });
      }
      return await exitState(run, frame, state, { result: await perform() });
    } catch (thrown) {
      run.signal.throwIfAborted();
      const failure = toFailure(thrown);
      if (!retryLater(run, frame, state, failure)) return await caught(run, frame, state, failure);
    }
  }
}

function retryLater(run: Run, frame: Frame, state: RetriableState, failure: StateFailure): boolean {
  const { clock, random } = run.services;
  const retry = chooseRetry(state.Retry ?? [], failure, frame.retries, random);
  if (!retry) return false;
  const change = {
    ...untouched,
    retries: [...retry.retries],
    retryCount: frame.retryCount + 1,
    pause: clock.deadline(retry.delayMs),
  };
  run.step(frame.path, { change, clear: true });
  return true;
}

async function caught(run: Run, frame: Frame, state: RetriableState, failure: StateFailure): Promise<StateExit> {
  // AWS tells of a failed Parallel or Map whether it is caught or not.
  if (state.Type !== 'Task') run.step(frame.path, { events: [event(`${state.Type}StateFailed`)] });
  const catcher = chooseCatch(state.Catch ?? [], failure);
  if (!catcher) throw failure;
  return exitState(run, frame, catcher, { errorOutput: { Error: failure.error, Cause: failure.reason } });
}
