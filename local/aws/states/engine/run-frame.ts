import { retryAndCatch } from './retry-and-catch.ts';
import { chooseRule } from './kinds/choice.ts';
import { exitState, type StateExit } from './run/exit-state.ts';
import { runDistributedMap } from './kinds/distributed-map.ts';
import { StateFailure } from '../model/failure.ts';
import { untouched, type Frame } from '../journal/frame.ts';
import { stateEntered, stateExited } from '../journal/history.ts';
import { runInlineMap } from './kinds/inline-map.ts';
import type { Json } from '../model/json.ts';
import { runParallel } from './kinds/parallel.ts';
import type { Run } from './run/run.ts';
import type { Graph, State } from '../definition/schema.ts';
import { evaluateField } from './run/scope.ts';
import { runTask } from './kinds/task.ts';
import { runWait } from './kinds/wait.ts';

/** Runs a frame from the state in which it stands to the end of its graph, and answers the output. */
export async function runFrame(run: Run, frame: Frame, graph: Graph): Promise<Json> {
  while (!frame.output) {
    const name = frame.state;
    const state = stateOf(graph, name);
    const { output, assigned, next } = await runState(run, frame, state);
    const exited = stateExited(state, name, output, assigned);
    if (next === null) {
      // What the frame no longer needs is dropped: a Map may have many that are done.
      const change = { ...untouched, output: { value: output }, input: null, variables: {} };
      run.step(frame.path, { change, clear: true, events: [exited] });
    } else {
      run.step(frame.path, {
        change: {
          ...untouched,
          state: next,
          input: output,
          variables: { ...frame.variables, ...assigned },
          enteredAt: run.services.clock.now(),
        },
        clear: true,
        events: [exited, stateEntered(stateOf(graph, next), next, output)],
      });
    }
  }
  return frame.output.value;
}

function stateOf(graph: Graph, name: string): State {
  const state = graph.States.get(name);
  if (!state) throw new StateFailure('States.Runtime', `There is no state '${name}'`);
  return state;
}

async function runState(run: Run, frame: Frame, state: State): Promise<StateExit> {
  switch (state.Type) {
    case 'Pass':
    case 'Succeed':
      return exitState(run, frame, state);
    case 'Wait':
      await runWait(run, frame, state);
      return exitState(run, frame, state);
    case 'Choice':
      return exitState(run, frame, await chooseRule(run, frame, state));
    case 'Fail':
      throw new StateFailure(
        await text(run, frame, 'Error', state.Error ?? ''),
        await text(run, frame, 'Cause', state.Cause ?? ''),
      );
    case 'Task':
      return retryAndCatch(run, frame, state, () => runTask(run, frame, state));
    case 'Parallel':
      return retryAndCatch(run, frame, state, () => runParallel(run, frame, state));
    case 'Map':
      return retryAndCatch(run, frame, state, () =>
        state.ItemProcessor.distributed ? runDistributedMap(run, frame, state) : runInlineMap(run, frame, state),
      );
  }
}

async function text(run: Run, frame: Frame, field: string, template: string): Promise<string> {
  const value = await evaluateField(run, frame, field, template);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
