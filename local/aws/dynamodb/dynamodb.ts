import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { lastLine } from '../../process/fork-part.ts';
import { end } from '../../process/running.ts';
import type { GuardedProcess, Part } from '../../process/part.ts';
import { freePort, HOST } from '../../process/free-port.ts';
import { StartupError } from '../../process/startup-error.ts';
import { findJava } from './java.ts';

export interface DynamoDbOptions {
  /** `memory` forgets everything at the end; a directory keeps the tables in SQLite files there. */
  readonly storage: 'memory' | { readonly directory: string };
  readonly port?: number;
  readonly logFile: string;
  readonly guard?: (target: GuardedProcess) => void;
  readonly release?: (pid: number) => void;
  /** Called when the engine exits unexpectedly. */
  readonly onDeath?: (message: string) => void;
}

export interface DynamoDb extends Part {
  readonly pid: number;
}

/**
 * Starts DynamoDB Local; resolves once it responds. Unlike AWS it reports no transaction conflicts,
 * has no throttling, and its table and index names need three characters like AWS's.
 */
export async function startDynamoDb(options: DynamoDbOptions): Promise<DynamoDb> {
  const [java, port] = await Promise.all([findJava(), freePort(options.port, 'DynamoDB')]);
  const emulator = join(
    dirname(createRequire(import.meta.url).resolve('amplify-dynamodb-simulator/package.json')),
    'emulator',
  );
  const directory = dirname(options.logFile);
  mkdirSync(directory, { recursive: true });
  const log = openSync(options.logFile, 'w');
  const child = spawn(
    java,
    [
      ...machineFlags(options.storage === 'memory'),
      `-Djava.library.path=${join(emulator, 'DynamoDBLocal_lib')}`,
      '-jar',
      join(emulator, 'DynamoDBLocal.jar'),
      '-port',
      String(port),
      '-sharedDb',
      '-disableTelemetry',
      ...(options.storage === 'memory' ? ['-inMemory'] : ['-dbPath', options.storage.directory]),
    ],
    // It leaves a metadata file in its working directory. Detached into its own session, it does
    // not receive Ctrl-C before its turn.
    { stdio: ['ignore', log, log], cwd: directory, detached: true },
  );
  closeSync(log);
  // Who started it may end before it.
  child.unref();
  const pid = child.pid;
  if (pid === undefined) throw new StartupError(`DynamoDB Local does not start: ${java} could not be run`);
  let stopping = false;
  let died: string | null = null;
  child.once('exit', (code, signal) => {
    died = `DynamoDB Local ended (${signal ?? `exit code ${code}`}): ${lastLine(options.logFile)}`;
    options.release?.(pid);
    if (!stopping) options.onDeath?.(died);
  });
  const target: GuardedProcess = { pid, program: 'DynamoDBLocal.jar', signal: 'SIGKILL' };
  options.guard?.(target);
  const stop = async (): Promise<void> => {
    stopping = true;
    // SQLite's journal makes a kill as safe as a shutdown, which is slow.
    await end(target);
  };
  while (!(await answers(port))) {
    if (died !== null) throw new Error(died);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { name: 'dynamodb', endpoint: `http://${HOST}:${port}`, pid, stop };
}

/**
 * Measured on 2 cores: the serial collector takes 350 MB in place of 580 at the same speed. Without the optimizing compiler
 * the engine answers after 1.6 s in place of 2.5 s, but a crossing costs it a fifth more processor time: for tests only.
 */
function machineFlags(short: boolean): string[] {
  return ['-Xmx1g', '-XX:+UseSerialGC', ...(short ? ['-XX:TieredStopAtLevel=1'] : [])];
}

/** Any HTTP response counts: a running engine refuses an unsigned request. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request({ host: HOST, port, method: 'GET', timeout: 1000 }, (response) => {
      response.resume();
      resolve(true);
    });
    probe.on('timeout', () => probe.destroy());
    probe.on('error', () => resolve(false));
    probe.end();
  });
}
