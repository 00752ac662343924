import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { ToChild } from './child.ts';

/** A process that is connected and waits for its part. */
export interface PooledProcess {
  /** Fulfilled when the part is over, one way or the other. */
  play(part: Extract<ToChild, { part: unknown }>['part']): Promise<'done' | 'killed'>;
  tellToStop(): void;
  kill(): void;
}

/** Processes that survive a run are used again in the next one; a killed one is replaced. */
export class ProcessPool {
  readonly #program: string;
  readonly #start: Extract<ToChild, { start: unknown }>['start'];
  readonly #idle: ChildProcess[] = [];
  readonly #all = new Set<ChildProcess>();

  private constructor(program: string, start: Extract<ToChild, { start: unknown }>['start']) {
    this.#program = program;
    this.#start = start;
  }

  /** One file for the children, because loading the SDK piece by piece would take longer than a run. */
  static async open(directory: string, start: Extract<ToChild, { start: unknown }>['start']): Promise<ProcessPool> {
    const outfile = join(directory, 'child.cjs');
    await build({
      entryPoints: [resolve(import.meta.dirname, 'child.ts')],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      external: ['pg-native'],
      outfile,
      logLevel: 'error',
    });
    return new ProcessPool(outfile, start);
  }

  async take(): Promise<PooledProcess> {
    const child = this.#idle.pop() ?? (await this.#begin());
    const say = (message: ToChild): void => {
      if (child.connected) child.send(message, () => {});
    };
    return {
      play: async (part) => {
        say({ part });
        const ended = await Promise.race([
          once(child, 'message').then(() => 'done' as const),
          once(child, 'exit').then(() => 'killed' as const),
        ]);
        // A scheduled kill may still be due.
        if (ended === 'done' && !(part.death !== null && 'afterMs' in part.death)) this.#idle.push(child);
        else child.kill('SIGKILL');
        return ended;
      },
      tellToStop: () => say({ stop: true }),
      kill: () => child.kill('SIGKILL'),
    };
  }

  stop(): void {
    for (const child of this.#all) child.kill('SIGKILL');
  }

  async #begin(): Promise<ChildProcess> {
    const child = fork(this.#program, [], {
      execArgv: ['--no-warnings'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#all.add(child);
    child.once('exit', () => this.#all.delete(child));
    child.send({ start: this.#start } satisfies ToChild);
    await once(child, 'message');
    return child;
  }
}
