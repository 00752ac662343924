import * as z from 'zod';
import { clearBelow, emptyFrame, frameChangeSchema, untouched, type Frame } from './frame.ts';
import { eventSchema } from './history.ts';
import { jsonSchema } from '../model/json.ts';

const startSchema = z.object({
  arn: z.string(),
  name: z.string(),
  machineArn: z.string(),
  /** Null where it was started by the machine's name. */
  versionArn: z.string().nullable().default(null),
  /** The definition as it was at the start: an update does not change running executions. */
  revision: z.string(),
  /** For a distributed map's child: the Map state whose processor it runs. */
  mapState: z.string().nullable(),
  mapRunArn: z.string().nullable(),
  roleArn: z.string(),
  input: jsonSchema,
  startDate: z.number(),
});
export type ExecutionStart = z.infer<typeof startSchema>;

export const statusSchema = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
export type ExecutionStatus = z.infer<typeof statusSchema>;

const endSchema = z.object({
  status: statusSchema,
  stopDate: z.number(),
  output: jsonSchema.optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
});
export type ExecutionEnd = z.infer<typeof endSchema>;

const events = z.array(eventSchema);

/** One line of an execution's journal: the events and the change of state that belong together. */
export const recordSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('start'), start: startSchema, events }),
  z.object({
    kind: z.literal('frame'),
    path: z.string(),
    change: frameChangeSchema,
    /** The frame leaves its state or begins it anew: what stands below is over. */
    clear: z.boolean(),
    events,
  }),
  z.object({ kind: z.literal('end'), end: endSchema, events }),
  z.object({ kind: z.literal('redrive'), count: z.number(), date: z.number(), events }),
]);
export type ExecutionRecord = z.infer<typeof recordSchema>;

/** An execution as its journal tells it. */
export interface ExecutionState {
  readonly start: ExecutionStart;
  readonly frames: Map<string, Frame>;
  end: ExecutionEnd | null;
  redriveCount: number;
  redriveDate: number | null;
  lastEventId: number;
}

export type EndedExecution = ExecutionState & { readonly end: ExecutionEnd };

/** Narrows to an execution that has ended. */
export function hasEnded(state: ExecutionState): state is EndedExecution {
  return state.end !== null;
}

/** The state of an execution that has just been started. */
export function begin(start: ExecutionStart): ExecutionState {
  return { start, frames: new Map(), end: null, redriveCount: 0, redriveDate: null, lastEventId: 0 };
}

/** Changes the state by one record; running and reading back a journal both go through here, so that they agree. */
export function apply(state: ExecutionState, record: ExecutionRecord): void {
  const last = record.events.at(-1)?.id;
  if (last !== undefined) state.lastEventId = last;
  switch (record.kind) {
    case 'start':
      return;
    case 'frame': {
      if (record.clear) clearBelow(state.frames, record.path);
      const frame = state.frames.get(record.path) ?? emptyFrame(record.path, 0);
      state.frames.set(record.path, frame);
      Object.assign(frame, record.change);
      if (last !== undefined) frame.last = last;
      return;
    }
    case 'end':
      state.end = record.end;
      return;
    case 'redrive':
      state.end = null;
      state.redriveCount = record.count;
      state.redriveDate = record.date;
      for (const frame of state.frames.values()) redrive(frame);
  }
}

/** Where a branch was successful it stays so; elsewhere the state starts again with fresh timeouts and retry counters. */
function redrive(frame: Frame): void {
  if (frame.output) return;
  const { attempt, items, mapRun } = frame;
  Object.assign(frame, untouched, {
    items,
    mapRun,
    attempt: attempt?.child ? { ...attempt, submitted: false, redrive: true } : null,
  });
}
