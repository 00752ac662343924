import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { SimulatedClock } from '../clock/clock.ts';
import { REGION } from '../aws/lambda/function-context.ts';
import { CREDENTIALS } from '../process/credentials.ts';
import { machineArn } from './machines.ts';

export interface NightlyOptions {
  readonly schedules: readonly {
    readonly machine: string;
    readonly cron: string;
    readonly input: Readonly<Record<string, unknown>>;
  }[];
  /** Of Step Functions. */
  readonly endpoint: string;
  readonly clock: SimulatedClock;
  readonly onError: (machine: string, error: unknown) => void;
}

/** Milliseconds of the next daily time of a cron expression after `now`, in UTC; others than daily ones are refused. */
function nextDaily(cron: string, now: number): number {
  const [, minute, hour] = /^cron\((\d{1,2}) (\d{1,2}) \* \* \? \*\)$/.exec(cron) ?? [];
  if (minute === undefined || hour === undefined)
    throw new Error(`"${cron}" does not run locally: write "cron(minute hour * * ? *)" (infra/functions.json)`);
  const next = new Date(now);
  next.setUTCHours(Number(hour), Number(minute), 0, 0);
  if (next.getTime() <= now) next.setUTCDate(next.getUTCDate() + 1);
  return next.getTime();
}

/** Starts machines at their times of the simulated clock; one jump over several nights makes one start. */
export function startNightly(options: NightlyOptions): { stop(): Promise<void> } {
  const client = new SFNClient({ endpoint: options.endpoint, region: REGION, credentials: CREDENTIALS });
  const stopped = new AbortController();
  const loops = options.schedules.map(async ({ machine, cron, input }) => {
    while (!stopped.signal.aborted) {
      await options.clock.reached(nextDaily(cron, options.clock.now()), stopped.signal);
      const start = new StartExecutionCommand({ stateMachineArn: machineArn(machine), input: JSON.stringify(input) });
      await client.send(start).catch((error: unknown) => options.onError(machine, error));
    }
  });
  // Aborted waits end the loops by rejection.
  const ended = Promise.allSettled(loops);
  return {
    stop: async () => {
      stopped.abort();
      await ended;
      client.destroy();
    },
  };
}
