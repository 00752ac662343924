import { readFileSync } from 'node:fs';
import * as z from 'zod';

const manifest = z.strictObject({
  functions: z.array(
    z.strictObject({
      name: z.string().regex(/^[a-z][a-z0-9-]*$/),
      timeoutSeconds: z.number().int().min(1).max(900),
      memoryMb: z.number().int().min(128).max(10_240),
      schedule: z.strictObject({ rate: z.string(), input: z.record(z.string(), z.unknown()).default({}) }).optional(),
    }),
  ),
  machineSchedules: z
    .array(
      z.strictObject({ machine: z.string(), cron: z.string(), input: z.record(z.string(), z.unknown()).default({}) }),
    )
    .default([]),
});

export type Manifest = z.infer<typeof manifest>;
export type FunctionEntry = Manifest['functions'][number];

/** The function that the user pool calls at a sign-in. */
export const SIGN_IN_TRIGGER = 'migrate-user';

/** infra/functions.json: one entry per handler file, shared by the CDK app and the embedded stack. */
export function readManifest(file: string): Manifest {
  const parsed = manifest.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${file}: ${issue?.path.join('.')}: ${issue?.message}`);
}
