import { oneLine, withRemedy } from '../../process/startup-error.ts';
import type { FromTraffic, ToTraffic } from '../messages.ts';
import { startTraffic } from './start-traffic.ts';
import type { Traffic } from './start-traffic.ts';

/** The live traffic as a process of its own: it shares neither memory nor event loop with the migration. */
const STATS_EVERY_MS = 1_000;

const send = (message: FromTraffic): void => {
  process.send?.(message);
};

let traffic: Traffic | null = null;
let reporting: NodeJS.Timeout | null = null;

async function handleMessage(message: ToTraffic): Promise<void> {
  switch (message.type) {
    case 'start': {
      const started = await startTraffic(message.options);
      traffic = started;
      reporting = setInterval(
        () => send({ type: 'stats', stats: started.counts(), memoryBytes: process.memoryUsage.rss() }),
        STATS_EVERY_MS,
      );
      return send({ type: 'started' });
    }
    case 'fault':
      return traffic?.setFault(message.fault);
    case 'stop': {
      if (reporting !== null) clearInterval(reporting);
      const report = await traffic?.finish();
      if (report !== undefined) send({ type: 'report', report });
    }
  }
}

process.on('message', (message: ToTraffic) => {
  handleMessage(message).catch((error: unknown) => {
    send({ type: 'broken', message: oneLine(withRemedy(error)) });
  });
});
// The parent process has ended, by kill -9 perhaps, so there is no reader of the report.
process.on('disconnect', () => process.exit(0));
