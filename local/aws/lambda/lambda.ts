import * as z from 'zod';
import { forkPart } from '../../process/fork-part.ts';
import type { GuardedProcess, Part } from '../../process/part.ts';
import { listen, closeServer, httpServer } from '../../process/free-port.ts';
import { roundRobin } from './round-robin.ts';

export interface LambdaOptions {
  /** Folder of the handler files; function `portage-x` is `x.ts` there. */
  readonly handlers: string;
  readonly functions: readonly { readonly name: string; readonly timeoutSeconds: number; readonly memoryMb: number }[];
  /** The functions' environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly port?: number;
  /** Number of processes that share the calls; more than one helps only if cores are idle. */
  readonly hosts?: number;
  readonly clockOffsetMs?: number;
  readonly onDeath?: (message: string) => void;
  readonly guard?: (target: GuardedProcess) => void;
  readonly release?: (pid: number) => void;
}

export interface Lambda extends Part {
  /** Port of the first host. */
  readonly pid: number;
  readonly pids: readonly number[];
  setClockOffset(offsetMs: number): void;
}

/** Serves Lambda's Invoke API with the project's own handlers, in processes of their own. */
export async function startLambda(options: LambdaOptions): Promise<Lambda> {
  const hosts = options.hosts ?? 1;
  const forked = await Promise.all(
    Array.from({ length: hosts }, (_, index) =>
      forkPart({
        name: 'lambda',
        module: new URL('host.ts', import.meta.url).href,
        options: {
          handlers: options.handlers,
          functions: options.functions,
          port: hosts === 1 ? (options.port ?? 0) : 0,
        },
        facts: z.object({ endpoint: z.string() }),
        env: options.env,
        logFile: index === 0 ? options.logFile : options.logFile.replace(/(\.\w+)?$/, `-${index}$1`),
        ...(options.clockOffsetMs === undefined ? {} : { clockOffsetMs: options.clockOffsetMs }),
        ...(options.onDeath === undefined ? {} : { onDeath: options.onDeath }),
        ...(options.guard === undefined ? {} : { guard: options.guard }),
        ...(options.release === undefined ? {} : { release: options.release }),
      }),
    ),
  );
  const [first] = forked;
  if (first === undefined) throw new Error('Lambda needs at least one host');
  const front = hosts === 1 ? null : httpServer(roundRobin(forked.map((host) => host.facts.endpoint)));
  const endpoint = front === null ? first.facts.endpoint : await listen(front, options.port ?? 0, 'Lambda');
  return {
    name: 'lambda',
    endpoint,
    pid: first.pid,
    pids: forked.map((host) => host.pid),
    setClockOffset: (offsetMs) => {
      for (const host of forked) host.setClockOffset(offsetMs);
    },
    stop: async () => {
      if (front !== null) await closeServer(front);
      await Promise.all(forked.map((host) => host.stop()));
    },
  };
}
