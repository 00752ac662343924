import * as z from 'zod';
import { jsonSchema, type Json, type JsonObject } from '../model/json.ts';

const answerSchema = z.union([z.object({ output: jsonSchema }), z.object({ error: z.string(), cause: z.string() })]);

/** What a task token's holder sent. */
export type Answer = z.infer<typeof answerSchema>;

const attemptSchema = z.object({
  token: z.string().nullable(),
  /** The execution that the attempt started, named before it is started, so that a restart finds it. */
  child: z.string().nullable(),
  /** The request was made; what is left is to wait. */
  submitted: z.boolean(),
  scheduledAt: z.number(),
  answer: answerSchema.nullable(),
  /** The execution was redriven: the child is to be redriven too. */
  redrive: z.boolean(),
});
export type Attempt = z.infer<typeof attemptSchema>;

const frameSchema = z.object({
  state: z.string(),
  input: jsonSchema,
  /** The variables of this scope; outer ones stay with the frames above. */
  variables: z.record(z.string(), jsonSchema),
  item: z.object({ Index: z.number(), Value: jsonSchema }).nullable(),
  enteredAt: z.number(),
  /** How often each retrier of the state has been used, and how many retries there were in all. */
  retries: z.array(z.number()),
  retryCount: z.number(),
  /** The end of the Wait state, or of the delay before the next attempt. */
  pause: z.object({ at: z.number(), wall: z.number().optional() }).nullable(),
  attempt: attemptSchema.nullable(),
  /** A Map's items, computed once. */
  items: z.array(jsonSchema).nullable(),
  mapRun: z.string().nullable(),
  /** Where the last state has ended well: the result of the branch. */
  output: z.object({ value: jsonSchema }).nullable(),
});

/**
 * Where one line of execution stands: the machine itself ("/"), a branch of a Parallel or an iteration of a Map ("/0",
 * "/0/2"). A frame is in exactly one state, so that the frames below it are always those of that state.
 */
export interface Frame extends z.infer<typeof frameSchema> {
  readonly path: string;
  /** The number of its last event. */
  last: number;
}

export const frameChangeSchema = frameSchema.partial();
export type FrameChange = Partial<z.infer<typeof frameSchema>>;

export const ROOT = '/';

/** What is known about a state before it has done anything. */
export const untouched = {
  retries: [],
  retryCount: 0,
  pause: null,
  attempt: null,
  items: null,
  mapRun: null,
} satisfies FrameChange;

/** A frame that has entered nothing yet. */
export function emptyFrame(path: string, last: number): Frame {
  return {
    path,
    last,
    state: '',
    input: null,
    variables: {},
    item: null,
    enteredAt: 0,
    output: null,
    ...untouched,
    retries: [],
  };
}

/** The path of the n-th frame below. */
export function pathBelow(path: string, index: number): string {
  return path === ROOT ? `/${index}` : `${path}/${index}`;
}

function pathAbove(path: string): string | null {
  if (path === ROOT) return null;
  return path.slice(0, path.lastIndexOf('/')) || ROOT;
}

/** Removes all frames below a path. */
export function clearBelow(frames: Map<string, Frame>, path: string): void {
  const prefix = path === ROOT ? ROOT : `${path}/`;
  for (const other of frames.keys()) if (other !== path && other.startsWith(prefix)) frames.delete(other);
}

/** The frame and those around it, innermost first. */
export function framesAround(frames: ReadonlyMap<string, Frame>, frame: Frame): Frame[] {
  const above = pathAbove(frame.path);
  const outer = above === null ? undefined : frames.get(above);
  return outer ? [frame, ...framesAround(frames, outer)] : [frame];
}

/** All variables that a frame sees. */
export function visibleVariables(frames: ReadonlyMap<string, Frame>, frame: Frame): JsonObject {
  return Object.assign(
    {},
    ...framesAround(frames, frame)
      .map(({ variables }) => variables)
      .reverse(),
  );
}

/** The Map item that a frame belongs to, if any. */
export function itemAround(frames: ReadonlyMap<string, Frame>, frame: Frame): { Index: number; Value: Json } | null {
  return framesAround(frames, frame).find(({ item }) => item !== null)?.item ?? null;
}
