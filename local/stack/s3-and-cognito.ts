import * as z from 'zod';
import type { StartChild } from '../process/child-context.ts';
import { type ForkedPart, type ForkOptions, forkPart } from '../process/fork-part.ts';

const optionsSchema = z.object({
  s3: z.object({
    directory: z.string(),
    buckets: z.array(z.string()),
    keys: z.record(z.string(), z.string()).default({}),
    port: z.number().default(0),
  }),
  cognito: z.object({
    directory: z.string(),
    lambdaEndpoint: z.string(),
    triggerFunction: z.string().nullable(),
    port: z.number().default(0),
  }),
});

const factsSchema = z.object({
  s3: z.object({ endpoint: z.string() }),
  cognito: z.object({ endpoint: z.string(), userPoolId: z.string(), clientId: z.string() }),
});

export type S3AndCognito = ForkedPart<z.infer<typeof factsSchema>>;

/** Runs S3 and Cognito together in a process of their own. */
export function forkS3AndCognito(
  fork: Omit<ForkOptions<never>, 'name' | 'module' | 'facts' | 'options'> & {
    readonly options: z.input<typeof optionsSchema>;
  },
): Promise<S3AndCognito> {
  return forkPart({ ...fork, name: 's3-and-cognito', module: import.meta.url, facts: factsSchema });
}

export const start: StartChild = async (raw, context) => {
  const options = optionsSchema.parse(raw);
  // Loaded here, so that the forking process does not load them too.
  const [{ startS3 }, { startCognito }] = await Promise.all([
    import('../aws/s3/s3.ts'),
    import('../aws/cognito/cognito.ts'),
  ]);
  const [s3, cognito] = await Promise.all([
    startS3(options.s3),
    startCognito({ ...options.cognito, now: () => context.now() }),
  ]);
  return {
    facts: {
      s3: { endpoint: s3.endpoint },
      cognito: { endpoint: cognito.endpoint, userPoolId: cognito.userPoolId, clientId: cognito.clientId },
    },
    stop: async () => {
      await Promise.all([s3.stop(), cognito.stop()]);
    },
  };
};
