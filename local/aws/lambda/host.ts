import * as z from 'zod';
import type { StartChild } from '../../process/child-context.ts';
import { closeServer, listen } from '../../process/free-port.ts';
import { InstancePool } from './instance-pool.ts';
import { runInPool } from './invocation.ts';
import { InvocationMetrics } from './invocation-metrics.ts';
import { createInvokeServer } from './invoke-server.ts';
import { localFunction } from './local-function.ts';

export const hostOptions = z.object({
  functions: z.array(localFunction),
  port: z.number(),
  /** How many idle instances are kept, whatever their functions. */
  maxIdle: z.number(),
  /** Of CloudWatch. */
  metricsEndpoint: z.string().optional(),
});

/** The process whose threads are the instances of all functions. */
export const start: StartChild = async (raw) => {
  const options = hostOptions.parse(raw);
  const metrics = options.metricsEndpoint === undefined ? null : new InvocationMetrics(options.metricsEndpoint);
  const pool = new InstancePool(options.maxIdle);
  const server = createInvokeServer(options.functions, async (local, invokedArn, event) => {
    const invoked = await runInPool(pool, local, invokedArn, event);
    metrics?.measure(local.name, invoked);
    return invoked;
  });
  const endpoint = await listen(server, options.port, 'Lambda');
  return {
    facts: { endpoint },
    stop: async () => {
      await closeServer(server);
      await pool.end();
    },
  };
};
