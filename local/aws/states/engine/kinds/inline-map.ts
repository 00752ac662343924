import { enterState } from '../run/enter-state.ts';
import { toFailure } from '../../model/failure.ts';
import { pathBelow, type Frame } from '../../journal/frame.ts';
import { event } from '../../journal/history.ts';
import { withinLimit, type Json } from '../../model/json.ts';
import { itemsOf, selectItem } from './map-items.ts';
import type { Run } from '../run/run.ts';
import type { MapState } from '../../definition/schema.ts';
import { evaluateNumber } from '../run/scope.ts';
import { runConcurrently } from './run-concurrently.ts';

/** AWS runs at most this many iterations of an inline Map at a time. */
const MOST_AT_ONCE = 40;

/** Runs the processor for each item within this execution; the first iteration that fails, fails the state. */
export async function runInlineMap(run: Run, frame: Frame, state: MapState): Promise<Json> {
  const limit = await evaluateNumber(run, frame, 'MaxConcurrency', state.MaxConcurrency, { min: 0 });
  const items = await itemsOf(run, frame, state);
  if (!frame.items) {
    run.step(frame.path, { change: { items }, events: [event('MapStateStarted', { length: items.length })] });
  }
  const atOnce = Math.min(limit || MOST_AT_ONCE, MOST_AT_ONCE);
  const outputs = await runConcurrently(run, items.length, atOnce, async (inner, index) => {
    const path = pathBelow(frame.path, index);
    const done = inner.state.frames.get(path)?.output;
    return done ? done.value : await iterate(inner, frame, state, index, items[index] ?? null);
  });
  const result = withinLimit(outputs, `result of the state '${frame.state}'`);
  run.step(frame.path, { events: [event('MapStateSucceeded')] });
  return result;
}

async function iterate(run: Run, frame: Frame, state: MapState, index: number, value: Json): Promise<Json> {
  const path = pathBelow(frame.path, index);
  const details = { name: frame.state, index };
  try {
    const iteration =
      run.state.frames.get(path) ??
      enterState(run, {
        path,
        graph: state.ItemProcessor,
        input: await selectItem(run, frame, state, index, value),
        item: { Index: index, Value: value },
        before: [event('MapIterationStarted', details)],
      });
    const output = await run.follow(run, iteration, state.ItemProcessor);
    run.step(path, { events: [event('MapIterationSucceeded', details)] });
    return output;
  } catch (thrown) {
    run.signal.throwIfAborted();
    if (run.state.frames.has(path)) run.step(path, { events: [event('MapIterationFailed', details)] });
    throw toFailure(thrown);
  }
}
