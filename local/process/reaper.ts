import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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
  const script = fileURLToPath(new URL('reaper-process.ts', import.meta.url));
  const child = spawn(process.execPath, [...tsxArguments(), script], {
    env: childEnvironment(),
    stdio: ['pipe', 'ignore', 'ignore'],
    // A process group of its own: a kill of the orchestrator's whole group leaves it alive to do its work.
    detached: true,
  });
  // A program that cannot be started has an error and no exit.
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  child.unref();
  child.stdin.on('error', () => undefined);
  const say = (message: ToReaper): void => {
    if (child.stdin.writable) child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  return {
    pid: child.pid,
    guard: (target) => say({ type: 'guard', target }),
    release: (pid) => say({ type: 'release', pid }),
    stop: async () => {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}
