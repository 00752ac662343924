import { createInterface } from 'node:readline';
import { toReaper } from './message.ts';
import type { GuardedProcess } from './part.ts';
import { end } from './running.ts';

// Outlives the orchestrator by a moment: when its standard input ends because the orchestrator is gone for whatever
// reason, kill -9 included, ends the programs that would otherwise stay behind. A pipe, because it keeps what was
// written to it: messages of Node's own channel are lost when it closes before this module runs.

const targets = new Map<number, GuardedProcess>();

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = toReaper.parse(JSON.parse(line));
    if (message.type === 'guard') targets.set(message.target.pid, message.target);
    else targets.delete(message.pid);
  })
  .on('close', reap);

function reap(): void {
  void Promise.all([...targets.values()].map((target) => end(target))).finally(() => process.exit(0));
}
