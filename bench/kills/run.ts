import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Client } from 'pg';
import { connect, type Connected } from '../../local/engines/connect.ts';
import { allItems, differences } from '../../local/engines/differences.ts';
import { type Engines, startEngines } from '../../local/engines/engines.ts';
import { installCapture } from '../../src/adapters/postgres/capture/capture.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createChangelog } from '../../src/adapters/postgres/capture/changelog.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { loadSegment, planLoad } from '../../src/domain/load/run-load.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import type { Mode } from '../../src/domain/mode/modes.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { keyOfItem } from '../../src/domain/mapping/items/read-system-attributes.ts';
import { sweep } from '../../src/domain/protocol/sweep.ts';
import { bypass } from './bypass-writer.ts';
import { type WriterRows, writerRowsOf, sharedUser } from './writer-rows.ts';
import { GENERATION } from './child.ts';
import { type JournaledWrite, readJournal } from './journal.ts';
import { checkJournal } from './check-journal.ts';
import { ROLES, type KillSchedule, killScheduleOf } from './kill-schedule.ts';
import { type PooledProcess, ProcessPool } from './process-pool.ts';

export interface KillReport {
  readonly seed: number;
  readonly killed: number;
  readonly crashed: boolean;
  readonly writes: number;
  readonly acknowledged: number;
  /** Writes that are gone, half there, or there although they were refused. */
  readonly lost: readonly string[];
  /** Keys whose item is not what their row says. */
  readonly mismatches: readonly string[];
}

/** Engines that random runs of load, relay, sweeper and writers share. */
export interface Kills {
  run(seed: number): Promise<KillReport>;
  stop(): Promise<void>;
}

const CLIENTS = ['writer by data-api', 'writer by pg'] as const;
const PATIENCE_MS = 30_000;

export async function openKills(): Promise<Kills> {
  const parsed = planSchema.parse(JSON.parse(readFileSync('examples/campaigns/plan.json', 'utf8')));
  const plan: Plan = { ...parsed, writes: { leaseSeconds: 4, deadlineSeconds: 4 } };
  const engines = await startEngines({ plan, schema: readFileSync('examples/campaigns/schema.sql', 'utf8') });
  const metrics = { count: () => {}, milliseconds: () => {}, flush: () => Promise.resolve() };
  const connected = connect(engines.connectionInfo, plan, metrics);
  mkdirSync('.portage', { recursive: true });
  const directory = mkdtempSync(resolve('.portage', 'kills-'));
  const mapping = compilePlan(plan, await readCatalogue(connected.sources.pg, plan.source.schema), {});
  await installCapture(connected.sources.pg, mapping, GENERATION);
  await connected.control.saveFacts({ generation: GENERATION, catalogue: mapping.catalogue, shards: {} });
  const pool = await ProcessPool.open(directory, { facts: engines.connectionInfo, plan: parsed });
  const environment: KillEnvironment = { plan, engines, connected, mapping, directory, pool };
  return {
    run: (seed) => run(environment, killScheduleOf(seed)),
    stop: async () => {
      pool.stop();
      await connected.close();
      await engines.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface KillEnvironment {
  readonly plan: Plan;
  readonly engines: Engines;
  readonly connected: Connected;
  readonly mapping: Mapping;
  readonly directory: string;
  readonly pool: ProcessPool;
}

async function run(environment: KillEnvironment, schedule: KillSchedule): Promise<KillReport> {
  const { engines, connected, directory } = environment;
  const { seed } = schedule;
  const processes = new Map<string, PooledProcess>();
  for (const role of ROLES) processes.set(role, await environment.pool.take());
  await withPsql(environment, (psql) => begin(psql, seed));
  await enter(connected, schedule.startsIn);
  const journal = (role: string): string => join(directory, `${seed} ${role}`);
  const plays = ROLES.map((role) => {
    const process = processes.get(role);
    if (process === undefined) throw new Error(role);
    return process.play({ role, seed, journal: journal(role), death: schedule.deaths[role] });
  });
  const bypassing = bypass(engines.connectionInfo.connectionString, writerRowsOf(seed, 'bypass'), seed);
  const moving = schedule.startsIn === 'load' ? pause(150).then(() => enter(connected, 'dual')) : null;
  const crashing =
    schedule.crashAfterMs === null ? null : pause(schedule.crashAfterMs).then(() => engines.crashPostgres());
  const [viaDataApi, viaPg, loading, relaying, sweeping] = plays;
  await Promise.race([Promise.all([viaDataApi, viaPg, loading]), patience()]);
  const bypassed = await bypassing;
  await Promise.all([moving, crashing]);
  for (const process of processes.values()) process.tellToStop();
  const endings = await Promise.race([
    Promise.all([viaDataApi, viaPg, loading, relaying, sweeping]),
    patience().then(() => null),
  ]);
  if (endings === null) throw new Error(`run ${seed}: a process came to no end within ${2 * PATIENCE_MS} ms`);
  return withPsql(environment, async (psql) => {
    await settle(environment, psql);
    const found = await cellsOf(psql, seed);
    const journals: readonly (readonly [string, readonly JournaledWrite[]])[] = [
      ...CLIENTS.map((role) => [role, readJournal(journal(role))] as const),
      ['bypass', bypassed],
    ];
    const writes = journals.flatMap(([, list]) => list);
    const report: KillReport = {
      seed,
      killed: endings.filter((ending) => ending === 'killed').length,
      crashed: schedule.crashAfterMs !== null,
      writes: writes.length,
      acknowledged: writes.filter(({ outcome }) => outcome === 'acknowledged').length,
      lost: journals.flatMap(([writer, list]) => checkJournal(writer, list, (cell) => found.get(cell) ?? null)),
      mismatches: await differences(
        environment.mapping,
        createRowSource(connected.sources.pg, environment.mapping),
        connected.table,
      ),
    };
    await clear(environment, psql);
    return report;
  });
}

/** Does not keep the process alive. */
function patience(): Promise<void> {
  return pause(PATIENCE_MS, undefined, { ref: false });
}

async function withPsql<T>(environment: KillEnvironment, work: (psql: Client) => Promise<T>): Promise<T> {
  const psql = new Client({ connectionString: environment.engines.connectionInfo.connectionString });
  psql.on('error', () => {});
  await psql.connect();
  try {
    return await work(psql);
  } finally {
    await psql.end();
  }
}

async function enter({ control }: Connected, mode: Mode): Promise<void> {
  await control.move(await control.mode(), {
    mode,
    readPercent: 0,
    generation: GENERATION,
    stoppedFrom: null,
    mappingRevision: 0,
  });
}

/** Rows that are older than capture, so that only the load copies them. */
async function begin(psql: Client, seed: number): Promise<void> {
  const rowsByWriter: readonly WriterRows[] = [...CLIENTS, 'bypass'].map((writer) => writerRowsOf(seed, writer));
  const users = [...rowsByWriter.flatMap((rows) => rows.users), sharedUser(seed)];
  await psql.query(
    `INSERT INTO users (id, email, display_name, bio, tags, settings) SELECT id::uuid, id || '@x', 'first', 'first', '{first}', '{}' FROM unnest($1::text[]) id`,
    [users],
  );
  for (const {
    users: [owner],
    campaign,
    sessions,
  } of rowsByWriter) {
    await psql.query(
      `INSERT INTO campaigns (id, owner_id, title, system, budget, tags) VALUES ($1, $2, 'first', 'homebrew', 1, '{}')`,
      [campaign, owner],
    );
    await psql.query(
      `INSERT INTO sessions (id, user_id, campaign_id, number, title, started_at) SELECT unnest($1::uuid[]), $2, $3, 1, 'first', now()`,
      [sessions.slice(0, 2), owner, campaign],
    );
  }
  await psql.query('TRUNCATE portage.changelog, portage.done, portage.parked, portage.missed');
}

/** What the orchestrator waits for before the stores must be equal. */
async function settle({ plan, connected, mapping }: KillEnvironment, psql: Client): Promise<void> {
  // What PostgreSQL does by itself when the connection of a dead process goes, or its idle timeout ends.
  await psql.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()`,
  );
  const { sources, control, table, intents, bodies } = connected;
  const rows = createRowSource(sources.pg, mapping);
  const changelog = createChangelog(sources.pg);
  const ports = { control, mapping, rows, changelog, table, bodies, intents };
  const at = new Date().toISOString();
  const segments = (await planLoad(ports))?.segments ?? [];
  for (const segment of segments.keys()) {
    await loadSegment(ports, { generation: GENERATION, segment, now: at }, { pause: () => false, sleep: pause });
  }
  const until = performance.now() + 2_000 * plan.writes.deadlineSeconds;
  let quiet = 0;
  // Twice, because a request of a dead process may arrive between two sweeps.
  while (quiet < 2) {
    if (performance.now() > until) throw new Error('the backlog does not empty');
    const options = { mapping, generation: GENERATION, at };
    const relayed = await relayOnce(ports, { ...options, limit: 500 });
    if (relayed.parked > 0) throw new Error('changes were parked');
    const swept = await sweep(ports, { ...options, oldAfterMs: 60_000 });
    quiet = relayed.done === 0 && swept.intents === 0 ? quiet + 1 : 0;
    await pause(20);
  }
}

async function cellsOf(psql: Client, seed: number): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await psql.query<{ cell: string; mark: string | null }>(
    `SELECT id::text AS cell, bio AS mark FROM users WHERE id <> $1 UNION ALL SELECT id::text, title FROM sessions
     UNION ALL SELECT 'shared bio', bio FROM users WHERE id = $1 UNION ALL SELECT 'shared display_name', display_name FROM users WHERE id = $1
     UNION ALL SELECT 'shared tags', tags[1] FROM users WHERE id = $1`,
    [sharedUser(seed)],
  );
  return new Map(rows.map(({ cell, mark }) => [cell, mark]));
}

async function clear({ plan, connected }: KillEnvironment, psql: Client): Promise<void> {
  await psql.query('DELETE FROM sessions; DELETE FROM campaigns; DELETE FROM users');
  await psql.query('TRUNCATE portage.changelog, portage.done, portage.parked, portage.missed');
  const keys = (await allItems(connected.table)).map(keyOfItem);
  await remove(connected.dynamo, plan.table.name, keys);
  for (const kind of ['LOAD-PLAN', 'LOAD']) {
    for (const { id } of await connected.control.list(kind)) await connected.control.remove(kind, id);
  }
}

async function remove(
  dynamo: DynamoDBClient,
  table: string,
  keys: readonly { readonly PK: string; readonly SK: string }[],
): Promise<void> {
  for (let at = 0; at < keys.length; at += 25) {
    const requests = keys
      .slice(at, at + 25)
      .map(({ PK, SK }) => ({ DeleteRequest: { Key: { PK: { S: PK }, SK: { S: SK } } } }));
    await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
  }
}
