import { createDeferred } from '../../../process/deferred.ts';
import { enterRoot } from './run/enter-state.ts';
import { Interrupted, StateFailure, toFailure } from '../model/failure.ts';
import { emptyFrame, framesAround, type Frame } from '../journal/frame.ts';
import { MOST_EVENTS, event, shown, type EventDraft, type HistoryEvent } from '../journal/history.ts';
import { controllerOfMany } from './run/child-signal.ts';
import { openJournal } from '../journal/journal.ts';
import { apply, hasEnded, type EndedExecution, type ExecutionEnd, type ExecutionRecord } from '../journal/record.ts';
import type { ExecutionState } from '../journal/record.ts';
import { runFrame } from './run-frame.ts';
import type { Run, Services, Step } from './run/run.ts';
import type { Definition, Graph } from '../definition/schema.ts';

export interface ExecutionOptions {
  readonly state: ExecutionState;
  readonly graph: Graph & Pick<Definition, 'TimeoutSeconds'>;
  readonly file: string;
  readonly fresh: boolean;
  readonly services: Services;
  /** Called when the end stands in the journal. */
  onEnd(state: EndedExecution): void;
}

/** An execution that is running. */
export interface Execution {
  readonly state: ExecutionState;
  readonly finished: Promise<EndedExecution>;
  /** Writes a record that is not a frame's: the start, a redrive. */
  record(make: (events: (drafts: readonly EventDraft[]) => HistoryEvent[]) => ExecutionRecord): void;
  launch(): void;
  stop(end: Pick<ExecutionEnd, 'error' | 'cause'>): void;
  /** Ends the interpretation, not the execution. */
  shutdown(): Promise<void>;
}

/** Makes an execution that goes on from where its state stands, once it is launched. */
export function createExecution(options: ExecutionOptions): Execution {
  const { state, graph, services } = options;
  const { clock } = services;
  const journal = openJournal(options.file, { fresh: options.fresh });
  const controller = controllerOfMany();
  const { promise: finished, resolve: settle } = createDeferred<EndedExecution>();
  let interpretation: Promise<void> = Promise.resolve();

  const write = (record: ExecutionRecord): void => {
    journal.append(record);
    apply(state, record);
  };
  const number = (drafts: readonly EventDraft[], previous: number): HistoryEvent[] =>
    drafts.map((draft, index) => ({
      ...draft,
      id: state.lastEventId + 1 + index,
      previousEventId: index === 0 ? previous : state.lastEventId + index,
      timestamp: clock.now(),
    }));

  const step = (path: string, { change = {}, clear = false, events = [] }: Step): Frame => {
    controller.signal.throwIfAborted();
    // The last event is kept for the failure itself.
    if (events.length > 0 && state.lastEventId + events.length >= MOST_EVENTS) {
      const reason = `The execution reached the maximum number of history events (${MOST_EVENTS}).`;
      throw new StateFailure('States.Runtime', reason);
    }
    const known = state.frames.get(path) ?? emptyFrame(path, 0);
    const previous = framesAround(state.frames, known).find(({ last }) => last > 0)?.last ?? 0;
    write({ kind: 'frame', path, change, clear, events: number(events, previous) });
    return state.frames.get(path) ?? known;
  };

  const end = (outcome: ExecutionEnd, last: EventDraft): void => {
    if (controller.signal.aborted) return;
    write({ kind: 'end', end: outcome, events: number([last], state.lastEventId) });
    controller.abort(new Interrupted(`The execution has ended: ${outcome.status}`));
    journal.close();
    if (!hasEnded(state)) return;
    options.onEnd(state);
    settle(state);
  };

  const run: Run = { state, services, signal: controller.signal, step, follow: runFrame };
  const interpret = async (): Promise<void> => {
    try {
      const output = await runFrame(run, enterRoot(run, graph), graph);
      const outcome = { status: 'SUCCEEDED', output, stopDate: clock.now() } as const;
      end(outcome, event('ExecutionSucceeded', shown(output)));
    } catch (thrown) {
      if (controller.signal.aborted) return;
      const { error, reason: cause } = toFailure(thrown);
      end({ status: 'FAILED', error, cause, stopDate: clock.now() }, event('ExecutionFailed', { error, cause }));
    }
  };
  const limit = async (seconds: number): Promise<void> => {
    const since = state.redriveDate ?? state.start.startDate;
    try {
      await clock.reached(since + seconds * 1000, controller.signal);
    } catch {
      return;
    }
    const cause = `The execution took longer than ${seconds} s`;
    const details = { error: 'States.Timeout', cause };
    end({ status: 'TIMED_OUT', ...details, stopDate: clock.now() }, event('ExecutionTimedOut', details));
  };

  return {
    state,
    finished,
    record: (make) => write(make((drafts) => number(drafts, state.lastEventId))),
    launch: () => {
      if (graph.TimeoutSeconds !== undefined) void limit(graph.TimeoutSeconds);
      interpretation = interpret();
    },
    stop: ({ error, cause }) =>
      end({ status: 'ABORTED', error, cause, stopDate: clock.now() }, event('ExecutionAborted', { error, cause })),
    shutdown: async () => {
      controller.abort(new Interrupted('The service is stopping', true));
      await interpretation;
      journal.close();
    },
  };
}
