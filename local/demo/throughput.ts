import { DescribeExecutionCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';

import { machineArn, type Machines } from '../../src/operator/machines.ts';

/** How long a machine's executions took in real time, as seen from outside: their own dates are simulated. */
export interface Stopwatch {
  poll(): Promise<void>;
  /** Finished ones: milliseconds and output, in the order in which they ended. */
  finished(): readonly { readonly ms: number; readonly output: unknown }[];
}

export function stopwatch(states: Machines, machine: string, elapsed: () => number): Stopwatch {
  const begun = new Map<string, number>();
  const ended: { readonly ms: number; readonly output: unknown }[] = [];
  let arn: string | null = null;
  return {
    async poll() {
      arn ??= await machineArn(states, machine);
      const page = await states.client.send(new ListExecutionsCommand({ stateMachineArn: arn, maxResults: 10 }));
      for (const { executionArn, status } of page.executions ?? []) {
        if (executionArn === undefined) continue;
        const start = begun.get(executionArn);
        if (start === undefined) {
          // One that was over before the first look can not be timed.
          begun.set(executionArn, status === 'RUNNING' ? elapsed() : Number.NaN);
        } else if (status === 'SUCCEEDED' && !Number.isNaN(start)) {
          begun.set(executionArn, Number.NaN);
          const { output } = await states.client.send(new DescribeExecutionCommand({ executionArn }));
          ended.push({ ms: elapsed() - start, output: output === undefined ? null : JSON.parse(output) });
        }
      }
    },
    finished: () => ended,
  };
}
