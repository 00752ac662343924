import { end } from './running.ts';
import { toReaper } from './message.ts';
import type { GuardedProcess } from './part.ts';

// Outlives the orchestrator by a moment: when the channel to it closes for whatever reason, kill -9 included,
// ends the programs that would otherwise stay behind.

const targets = new Map<number, GuardedProcess>();

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('message', (raw) => {
  const message = toReaper.parse(raw);
  if (message.type === 'guard') targets.set(message.target.pid, message.target);
  else targets.delete(message.pid);
});
process.on('disconnect', reap);
// The orchestrator may be gone before this line was reached; what it sent until then is delivered first.
setImmediate(() => {
  if (!process.connected) reap();
});

function reap(): void {
  void Promise.all([...targets.values()].map((target) => end(target))).finally(() => process.exit(0));
}
