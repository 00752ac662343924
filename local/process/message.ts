import * as z from 'zod';

const guard = z.object({
  type: z.literal('guard'),
  target: z.object({
    pid: z.number(),
    program: z.string(),
    signal: z.enum(['SIGTERM', 'SIGQUIT', 'SIGINT', 'SIGKILL']),
  }),
});
const release = z.object({ type: z.literal('release'), pid: z.number() });

/** What the orchestrator tells a forked part. */
export const toChild = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), module: z.string(), options: z.unknown(), clockOffsetMs: z.number() }),
  z.object({ type: z.literal('clock'), offsetMs: z.number() }),
  z.object({ type: z.literal('stop') }),
]);

/** What a forked part tells the orchestrator. */
export const toParent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), facts: z.unknown() }),
  z.object({ type: z.literal('failed'), message: z.string(), refused: z.boolean() }),
  guard,
  release,
]);

/** What the orchestrator tells the reaper. */
export const toReaper = z.discriminatedUnion('type', [guard, release]);

export type ToChild = z.infer<typeof toChild>;
export type ToParent = z.infer<typeof toParent>;
export type ToReaper = z.infer<typeof toReaper>;
