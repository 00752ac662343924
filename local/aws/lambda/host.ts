import * as z from 'zod';
import type { StartChild } from '../../process/child-context.ts';
import { closeServer, listen } from '../../process/free-port.ts';
import { Instances } from './instances.ts';
import { createInvokeServer } from './invoke-server.ts';
import { InvocationMetrics } from './invocation-metrics.ts';
import { localFunction } from './local-function.ts';

export const hostOptions = z.object({
  functions: z.array(localFunction),
  port: z.number(),
  /** Of CloudWatch. */
  metricsEndpoint: z.string().optional(),
});

/** The process whose threads are the instances of all functions. */
export const start: StartChild = async (raw) => {
  const options = hostOptions.parse(raw);
  const metrics = options.metricsEndpoint === undefined ? null : new InvocationMetrics(options.metricsEndpoint);
  const functions = new Map(
    options.functions.map((local) => {
      const instances = new Instances(local, (invoked) => metrics?.measure(local.name, invoked));
      return [local.name, instances];
    }),
  );
  const server = createInvokeServer(functions);
  const endpoint = await listen(server, options.port, 'Lambda');
  return {
    facts: { endpoint },
    stop: async () => {
      await closeServer(server);
      await Promise.all([...functions.values()].map((instances) => instances.end()));
    },
  };
};
