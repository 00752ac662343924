import { ROOT, untouched, type Frame } from '../../journal/frame.ts';
import { stateEntered, type EventDraft } from '../../journal/history.ts';
import type { Json } from '../../model/json.ts';
import type { Run } from './run.ts';
import type { Graph } from '../../definition/schema.ts';
import { StateFailure } from '../../model/failure.ts';

export interface Entry {
  readonly path: string;
  readonly graph: Graph;
  readonly input: Json;
  readonly item?: { readonly Index: number; readonly Value: Json };
  /** Events that go before the one of the state. */
  readonly before?: readonly EventDraft[];
}

/** The frame at a path, which enters its graph's first state unless a journal already tells of it. */
export function enterState(run: Run, { path, graph, input, item, before = [] }: Entry): Frame {
  const known = run.state.frames.get(path);
  if (known) return known;
  const first = graph.States.get(graph.StartAt);
  if (!first) throw new StateFailure('States.Runtime', `There is no state '${graph.StartAt}'`);
  return run.step(path, {
    change: {
      ...untouched,
      state: graph.StartAt,
      input,
      item: item ? { Index: item.Index, Value: item.Value } : null,
      enteredAt: run.services.clock.now(),
    },
    events: [...before, stateEntered(first, graph.StartAt, input)],
  });
}

/** The root of an execution. */
export function enterRoot(run: Run, graph: Graph): Frame {
  return enterState(run, { path: ROOT, graph, input: run.state.start.input });
}
