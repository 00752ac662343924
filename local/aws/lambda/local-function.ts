import * as z from 'zod';

/** A function as a host runs it. Serialisable, since it is sent to the host's process. */
export const localFunction = z.object({
  name: z.string(),
  arn: z.string(),
  /** A number, or `$LATEST`. */
  version: z.string(),
  /** Those that point to this version. */
  aliases: z.array(z.string()).default([]),
  /** URL of the module. */
  file: z.string(),
  /** The handler's name among the module's exports. */
  exported: z.string(),
  /** All that `process.env` has. */
  environment: z.record(z.string(), z.string()),
  timeoutSeconds: z.number(),
  /** Node's heap limit. */
  memoryMb: z.number(),
  logGroup: z.string(),
});

export type LocalFunction = z.infer<typeof localFunction>;
