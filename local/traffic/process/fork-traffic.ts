import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { TrafficFault } from '../faults.ts';
import type { FromTraffic, ToTraffic, TrafficOptions, TrafficReport } from '../messages.ts';
import type { TrafficCounts } from '../traffic-metrics.ts';

/** The traffic process as its parent sees it. */
export interface TrafficHandle {
  readonly pid: number;
  stats(): TrafficCounts | null;
  /** Highest resident memory so far, in bytes. */
  peakMemoryBytes(): number;
  setFault(fault: TrafficFault | null): void;
  finish(): Promise<TrafficReport>;
  kill(): void;
}

/** Starts the traffic with these endpoints and names in its environment; resolves once it runs. */
export async function forkTraffic(
  options: TrafficOptions,
  environment: Readonly<Record<string, string>>,
): Promise<TrafficHandle> {
  const child = fork(fileURLToPath(new URL('traffic-process.ts', import.meta.url)), {
    env: { ...process.env, ...environment },
    execArgv: ['--max-semi-space-size=32', '--import', 'tsx'],
    serialization: 'advanced',
  });
  let stats: TrafficCounts | null = null;
  let peak = 0;
  const running = new Promise<void>((resolve) => {
    child.on('message', (message: FromTraffic) => {
      if (message.type === 'started') resolve();
    });
  });
  const report = new Promise<TrafficReport>((resolve) => {
    child.on('message', (message: FromTraffic) => {
      if (message.type === 'report') resolve(message.report);
    });
  });
  const failure = new Promise<never>((_, reject) => {
    child.on('message', (message: FromTraffic) => {
      if (message.type === 'broken') reject(new Error(`the traffic broke: ${message.message}`));
    });
    child.on('exit', (code, signal) => reject(new Error(`the traffic process ended (${signal ?? `code ${code}`})`)));
  });
  // The rejection may have no listener yet; the next call receives it.
  failure.catch(() => undefined);
  child.on('message', (message: FromTraffic) => {
    if (message.type !== 'stats') return;
    stats = message.stats;
    peak = Math.max(peak, message.memoryBytes);
  });
  const send = (message: ToTraffic): void => {
    if (child.connected) child.send(message);
  };
  send({ type: 'start', options });
  await Promise.race([running, failure]);
  return {
    pid: child.pid ?? 0,
    stats: () => stats,
    peakMemoryBytes: () => peak,
    setFault: (fault) => send({ type: 'fault', fault }),
    async finish() {
      send({ type: 'stop' });
      const answer = await Promise.race([report, failure]);
      child.kill();
      return answer;
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}
