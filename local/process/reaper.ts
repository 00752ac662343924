import { fork } from 'node:child_process';
import { childEnvironment, tsxArguments } from './fork-part.ts';
import type { ToReaper } from './message.ts';
import type { GuardedProcess } from './part.ts';

export interface Reaper {
  readonly pid: number | undefined;
  guard(target: GuardedProcess): void;
  release(pid: number): void;
  /** Ends what is still guarded, then the reaper itself. */
  stop(): Promise<void>;
}

/** Starts the process that kills the guarded programs when this one is gone. */
export function startReaper(): Reaper {
  const child = fork(new URL('reaper-process.ts', import.meta.url), [], {
    execArgv: tsxArguments(),
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // A process group of its own: a kill of the orchestrator's whole group leaves it alive to do its work.
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.on('error', () => undefined);
  child.unref();
  child.channel?.unref();
  const say = (message: ToReaper): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  return {
    pid: child.pid,
    guard: (target) => say({ type: 'guard', target }),
    release: (pid) => say({ type: 'release', pid }),
    stop: async () => {
      if (child.connected) {
        child.ref();
        child.disconnect();
      }
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
}
