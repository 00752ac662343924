import * as z from 'zod';

/** A row's image as capture and the readers write it: canonical texts, NULLs, and hashes of large values. */
export const rowImageSchema = z.record(
  z.string(),
  z.union([z.string(), z.null(), z.object({ sha256: z.string(), bytes: z.number() })]),
);
