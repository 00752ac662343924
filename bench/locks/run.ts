import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type Connected } from '../../local/engines/connect.ts';
import { type Engines, startEngines } from '../../local/engines/engines.ts';
import { captureGaps, installCapture } from '../../src/adapters/postgres/capture/capture.ts';
import { removeCapture } from '../../src/adapters/postgres/removal/remove-capture.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createPgSource } from '../../src/adapters/postgres/connection/pg-source.ts';
import { isInstalled } from '../../src/adapters/postgres/capture/is-installed.ts';
import { silentLogger } from '../../src/client/logger.ts';
import { openClient } from '../../src/client/open-client.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import type { SqlSource } from '../../src/domain/ports/source.ts';
import type { Mode } from '../../src/domain/mode/modes.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { INSTALLER, LockMonitor } from './lock-monitor.ts';
import { playClient, playSql, type SessionKind } from './sessions.ts';
import { lockPlan, lockSchema, lockTables, type LockTable } from './tables.ts';
import { Waits } from './waits.ts';

export interface LocksOptions {
  readonly tables: number;
  /** Of the first table; others have four, or two children, or none. */
  readonly partitions: number;
  readonly sessions: number;
  readonly seed: number;
  /** How long the control before each installation and removal lasts, in milliseconds: the sessions run undisturbed. */
  readonly controlMs: number;
}

export interface PhaseReport {
  readonly name: string;
  readonly seconds: number;
  readonly calls: number;
  /** Longest call in milliseconds, and its kind. */
  readonly longestMs: number;
  readonly longestKind: string;
  /** Longest wait for a lock because of capture's installer, in milliseconds. */
  readonly lockMs: number;
  /** By how much the longest call of a kind exceeds the longest of that kind in the control before; null for a control. */
  readonly addedMs: number | null;
}

export interface LocksReport {
  /** Tables with their partitions and children. */
  readonly relations: number;
  readonly phases: readonly PhaseReport[];
  readonly failures: readonly string[];
  readonly retries: number;
  /** How often a call of more than 300 ms was seen, by what it waited for in PostgreSQL. */
  readonly slow: ReadonlyMap<string, number>;
}

const METRICS = { count: () => {}, milliseconds: () => {}, flush: () => Promise.resolve() };
const REMOVE_FILE = 'runbooks/remove-capture.sql';
/** Of every five sessions one uses the client; the others bypass it. */
const KINDS: readonly SessionKind[] = ['short', 'transaction', 'reader', 'client', 'short'];

/**
 * Installs and removes capture twice under the sessions of an application, the second time with `runbooks/remove-capture.sql` through psql
 * where that is installed. The client's sessions make dual writes while capture is there.
 */
export async function measureLocks(options: LocksOptions): Promise<LocksReport> {
  const tables = lockTables(options.tables, options.partitions);
  const plan = lockPlan(tables);
  const engines = await startEngines({ plan, schema: lockSchema(tables, options.sessions), fsync: true });
  const connected = connect(engines.connectionInfo, plan, METRICS);
  const waits = new Waits();
  const installer = createPgSource({
    connection: { connectionString: engines.connectionInfo.connectionString, application_name: INSTALLER },
  });
  let monitor: LockMonitor | null = null;
  let over = false;
  try {
    const mapping = compilePlan(plan, await readCatalogue(connected.sources.pg, 'public'), {});
    const client = await openClient({
      ...connected,
      plan,
      source: connected.sources.pg,
      metrics: METRICS,
      logger: silentLogger,
    });
    const { connectionString } = engines.connectionInfo;
    monitor = await LockMonitor.start(connectionString);
    const sessions = Promise.all(
      Array.from({ length: options.sessions }, (_, index) => {
        const kind = KINDS[index % KINDS.length] ?? 'short';
        const session = {
          number: index + 1,
          kind,
          seed: options.seed,
          tables,
          connectionString,
          waits,
          isOver: () => over,
        };
        return kind === 'client' ? playClient(session, client) : playSql(session);
      }),
    );
    const phases = await Promise.race([
      runPhases({ options, engines, connected, mapping, waits, monitor, installer }),
      sessions.then(() => []),
    ]);
    over = true;
    await sessions;
    await client.close();
    return {
      relations: countRelations(tables),
      phases,
      failures: waits.failures,
      retries: waits.retries,
      slow: monitor.slow,
    };
  } finally {
    over = true;
    await monitor?.stop();
    await installer.close();
    await connected.close();
    await engines.stop();
  }
}

function countRelations(tables: readonly LockTable[]): number {
  return tables.reduce((sum, { children }) => sum + 1 + children.length, 0);
}

interface Environment {
  readonly options: LocksOptions;
  readonly engines: Engines;
  readonly connected: Connected;
  readonly mapping: Mapping;
  readonly waits: Waits;
  readonly monitor: LockMonitor;
  readonly installer: SqlSource;
}

async function runPhases(environment: Environment): Promise<readonly PhaseReport[]> {
  const { options, engines, connected, mapping, installer: source } = environment;
  const undisturbed = () => pause(options.controlMs);
  const removals = [
    { name: 'removal', remove: () => removeCapture(source) },
    { name: 'removal by psql', remove: () => psql(engines.connectionInfo.connectionString) },
  ].slice(0, hasPsql() ? 2 : 1);
  const intervals: Interval[] = [];
  const measure = async (name: string, hasDdl: boolean, work: () => Promise<unknown>): Promise<void> => {
    const from = performance.now();
    await work();
    intervals.push({ name, hasDdl, from, to: performance.now() });
  };
  for (const [index, { name, remove }] of removals.entries()) {
    const generation = index + 1;
    await measure('control', false, undisturbed);
    await measure('installation', true, () => installCapture(source, mapping, generation));
    const gaps = await captureGaps(source, mapping);
    if (gaps.length > 0) throw new Error(`capture is not complete: ${gaps.join('; ')}`);
    await connected.control.saveFacts({ generation, catalogue: mapping.catalogue, shards: {} });
    await enter(connected, 'dual', generation);
    await measure('control, captured', false, undisturbed);
    await measure(name, true, remove);
    if (await isInstalled(source)) throw new Error(`${name} left the schema portage behind`);
    await enter(connected, 'off', generation);
  }
  return report(intervals, environment);
}

interface Interval {
  readonly name: string;
  readonly hasDdl: boolean;
  readonly from: number;
  readonly to: number;
}

function report(intervals: readonly Interval[], { waits, monitor }: Environment): readonly PhaseReport[] {
  let before: ReadonlyMap<string, number> = new Map();
  return intervals.map(({ name, hasDdl, from, to }) => {
    const { calls, longest } = waits.during(from, to);
    const added = [...longest].map(([kind, ms]) => ms - (before.get(kind) ?? 0));
    const [longestKind, longestMs] = [...longest].toSorted(([, left], [, right]) => right - left)[0] ?? ['', 0];
    before = longest;
    return {
      name,
      seconds: (to - from) / 1_000,
      calls,
      longestMs,
      longestKind,
      lockMs: monitor.longest(from, to),
      addedMs: hasDdl ? Math.max(0, ...added) : null,
    };
  });
}

async function enter({ control }: Connected, mode: Mode, generation: number): Promise<void> {
  await control.move(await control.mode(), { mode, readPercent: 0, generation, stoppedFrom: null, mappingRevision: 0 });
}

/** Whether psql is installed on this machine. */
export function hasPsql(): boolean {
  return spawnSync('psql', ['--version']).status === 0;
}

/** Runs the runbook's file as an operator does. */
function psql(connectionString: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('psql', ['--no-psqlrc', '--quiet', `--file=${REMOVE_FILE}`, connectionString], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PGAPPNAME: INSTALLER },
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`psql ended with ${code ?? 'a signal'}: ${output}`)),
    );
  });
}
