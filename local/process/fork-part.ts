import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ZodType } from 'zod';
import { type ToChild, toParent } from './message.ts';
import type { GuardedProcess } from './part.ts';
import { oneLine, StartupError } from './startup-error.ts';

export interface ForkOptions<Facts> {
  readonly name: string;
  /** URL of a module that exports `start` (see StartChild). */
  readonly module: string;
  readonly options: unknown;
  readonly facts: ZodType<Facts>;
  /** Added to the orchestrator's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the part's output goes. */
  readonly logFile: string;
  readonly clockOffsetMs?: number;
  /** Called with each program that must be killed when the orchestrator dies. */
  readonly guard?: (target: GuardedProcess) => void;
  readonly release?: (pid: number) => void;
  /** Called when the process ends unexpectedly. */
  readonly onDeath?: (message: string) => void;
}

export interface ForkedPart<Facts> {
  readonly name: string;
  readonly pid: number;
  readonly facts: Facts;
  setClockOffset(offsetMs: number): void;
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 10_000;

/** Arguments with which Node runs TypeScript, whatever started this process. */
export function tsxArguments(): string[] {
  return ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
}

/** Parts turn over megabytes of short-lived rows: a larger young generation halves the collector's work. */
const HEAP = ['--max-semi-space-size=32'];

/** Variables not passed on: those of the caller's own Node process, and those that would lead the SDK to a real account. */
const NOT_INHERITED = /^(NODE_OPTIONS$|JEST_|AWS_)/;

/** The caller's environment as far as a part should have it, and more. */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([key, value]) =>
    value === undefined || NOT_INHERITED.test(key) ? [] : [[key, value] as const],
  );
  return { ...Object.fromEntries(inherited), NODE_NO_WARNINGS: '1', ...extra };
}

/** Runs a part in its own Node process, which never outlives this one. */
export async function forkPart<Facts>(options: ForkOptions<Facts>): Promise<ForkedPart<Facts>> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const child = fork(new URL('part-process.ts', import.meta.url), [options.name], {
    execArgv: [...HEAP, ...tsxArguments()],
    env: childEnvironment(options.env),
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const { pid } = child;
  // It ends by itself when this process does, unless its event loop hangs.
  if (pid !== undefined) options.guard?.({ pid, program: 'part-process', signal: 'SIGTERM' });
  const say = (message: ToChild): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  let stopping = false;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const started = new Promise<unknown>((resolve, reject) => {
    child.on('message', (raw) => {
      const message = toParent.parse(raw);
      if (message.type === 'started') resolve(message.facts);
      else if (message.type === 'failed')
        reject(message.refused ? new StartupError(message.message) : new Error(`${options.name}: ${message.message}`));
      else if (message.type === 'guard') options.guard?.(message.target);
      else options.release?.(message.pid);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (pid !== undefined) options.release?.(pid);
      const message = `${options.name} ended (${signal ?? `exit code ${code}`}): ${lastLine(options.logFile)}`;
      reject(new Error(message));
      if (!stopping) options.onDeath?.(message);
    });
  });
  say({ type: 'start', module: options.module, options: options.options, clockOffsetMs: options.clockOffsetMs ?? 0 });
  const stop = async (): Promise<void> => {
    stopping = true;
    say({ type: 'stop' });
    await endOf(child, exited);
  };
  try {
    const facts = options.facts.parse(await started);
    if (pid === undefined) throw new Error(`${options.name} has no pid`);
    return {
      name: options.name,
      pid,
      facts,
      setClockOffset: (offsetMs) => say({ type: 'clock', offsetMs }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function endOf(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const killTimer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(killTimer);
}

/** The last error line of a program's log, or its last line. */
export function lastLine(file: string): string {
  try {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return oneLine(lines.findLast((line) => /error|cannot|fail/i.test(line)) ?? lines.at(-1) ?? '');
  } catch {
    return 'it left no output';
  }
}
