import * as z from 'zod';
import { type ForkOptions, forkPart } from '../../process/fork-part.ts';
import type { Part } from '../../process/part.ts';
import type { LocalFunction } from './local-function.ts';

export interface LambdaOptions extends Pick<ForkOptions<never>, 'logFile' | 'onDeath' | 'guard' | 'release'> {
  readonly functions: readonly LocalFunction[];
  readonly port?: number;
  /** Where CloudWatch takes the functions' metrics; none are sent unless given. */
  readonly metricsEndpoint?: string;
  /** How many idle instances are kept, whatever their functions: 32 unless given. */
  readonly maxIdle?: number;
}

/** A migration calls some thirty functions; each instance holds 20 to 40 MB. */
const MAX_IDLE = 32;

export interface Lambda extends Part {
  readonly pid: number;
}

/**
 * Serves Lambda's Invoke API in a process of its own. Its functions show the real time, not the simulated one: the application, which
 * shares records with them, has the real time too. A state machine passes simulated time in the event.
 */
export async function startLambda({
  functions,
  port = 0,
  metricsEndpoint,
  maxIdle = MAX_IDLE,
  ...fork
}: LambdaOptions): Promise<Lambda> {
  const { pid, facts, stop } = await forkPart({
    ...fork,
    name: 'lambda',
    module: new URL('host.ts', import.meta.url).href,
    options: { functions, port, metricsEndpoint, maxIdle },
    facts: z.object({ endpoint: z.string() }),
  });
  return { name: 'lambda', endpoint: facts.endpoint, pid, stop };
}
