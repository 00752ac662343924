import type { StartChild } from './child-context.ts';
import { toChild, type ToParent } from './message.ts';
import { oneLine, StartupError, withRemedy } from './startup-error.ts';

// Body of a forked part: starts the module it is told to, and ends when the orchestrator says so or is gone.

let offsetMs = 0;
let stopPart = (): Promise<void> => Promise.resolve();

// Ctrl-C reaches the whole process group; the orchestrator stops its parts in order.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (raw) => {
  const message = toChild.parse(raw);
  if (message.type === 'clock') offsetMs = message.offsetMs;
  else if (message.type === 'stop') void stopPart().then(leave, leave);
  else {
    offsetMs = message.clockOffsetMs;
    start(message.module, message.options).then(
      (facts) => tell({ type: 'started', facts }),
      (error: unknown) => {
        console.error(error);
        const translated = withRemedy(error);
        tell({ type: 'failed', message: oneLine(translated), refused: translated instanceof StartupError });
      },
    );
  }
});
if (!process.connected) process.exit(0);

async function start(module: string, options: unknown): Promise<unknown> {
  const loaded: { readonly start?: StartChild } = await import(module);
  if (loaded.start === undefined) throw new Error(`${module} exports no start`);
  const running = await loaded.start(options, {
    now: () => Date.now() + offsetMs,
    guard: (target) => tell({ type: 'guard', target }),
    release: (pid) => tell({ type: 'release', pid }),
  });
  stopPart = () => running.stop();
  return running.facts;
}

function tell(message: ToParent): void {
  if (process.connected) process.send?.(message);
}

function leave(): void {
  process.exit(0);
}
