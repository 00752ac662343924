import { enterState } from '../run/enter-state.ts';
import { pathBelow, type Frame } from '../../journal/frame.ts';
import { event } from '../../journal/history.ts';
import { withinLimit, type Json } from '../../model/json.ts';
import type { Run } from '../run/run.ts';
import type { ParallelState } from '../../definition/schema.ts';
import { evaluateField } from '../run/scope.ts';
import { runConcurrently } from './run-concurrently.ts';

/** Runs all branches at once; the result is the list of their outputs. */
export async function runParallel(run: Run, frame: Frame, state: ParallelState): Promise<Json> {
  const input =
    state.Arguments === undefined ? frame.input : await evaluateField(run, frame, 'Arguments', state.Arguments);
  withinLimit(input, `arguments of the state '${frame.state}'`);
  const started = run.state.frames.has(pathBelow(frame.path, 0));
  if (!started) run.step(frame.path, { events: [event('ParallelStateStarted')] });
  const outputs = await runConcurrently(run, state.Branches.length, state.Branches.length, (inner, index) => {
    const graph = state.Branches[index];
    if (!graph) throw new RangeError(`No branch ${index}`);
    const branch = enterState(inner, { path: pathBelow(frame.path, index), graph, input });
    return inner.follow(inner, branch, graph);
  });
  const result = withinLimit(outputs, `result of the state '${frame.state}'`);
  run.step(frame.path, { events: [event('ParallelStateSucceeded')] });
  return result;
}
