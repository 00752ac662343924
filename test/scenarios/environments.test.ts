import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client as Psql } from 'pg';
import * as z from 'zod';
import { metrics } from '../../handlers/wiring/aws.ts';
import { connect } from '../../handlers/wiring/connect.ts';
import { control, plan } from '../../handlers/wiring/control.ts';
import { sql } from '../../handlers/wiring/source.ts';
import { bodies, intents, table } from '../../handlers/wiring/target.ts';
import { type Stack, startStack } from '../../local/stack/start.ts';
import { silentLogger } from '../../src/client/logger.ts';
import { type Client, openClient } from '../../src/client/open-client.ts';
import { portage, type Ran } from '../operator/portage.ts';

// Two environments of one plan migrate at once on one stack: neither waits for the other's clock, or reads the other's rows.

const STAGING = 'staging';
const ROWS = 300;
const PLAN = {
  name: 'twice',
  source: { schema: 'public' },
  table: { name: 'twice', indexes: [] },
  entities: { NOTE: { from: 'notes', key: { PK: 'NOTE#{id}', SK: 'NOTE#{id}' } } },
  patterns: {},
  window: { days: 2, cleanNights: 1 },
  // The latency of a machine that runs two stacks' worth of functions says nothing.
  cutover: { minSamples: 20, toleratedP99Ms: 30_000, maxErrorRate: 0.2 },
};

interface Environment {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly database: string;
}

const directory = mkdtempSync(join(tmpdir(), 'portage-two-'));
const planFile = join(directory, 'plan.json');
let stack: Stack;
let environments: readonly Environment[];

beforeAll(async () => {
  writeFileSync(planFile, JSON.stringify(PLAN));
  stack = await startStack({ dataDir: join(directory, 'data'), planFile, environments: [STAGING] });
  environments = [
    { name: 'production', variables: stack.env },
    { name: STAGING, variables: stack.environments[STAGING] ?? {} },
  ].map((one) => ({ ...one, database: one.variables['PORTAGE_DATABASE'] ?? '' }));
  const known = await inDatabase('postgres', 'SELECT datname FROM pg_database');
  for (const { name, database } of environments) {
    if (!known.some(({ datname }) => datname === database)) await inDatabase('postgres', `CREATE DATABASE ${database}`);
    await inDatabase(
      database,
      `CREATE TABLE notes (id int PRIMARY KEY, body text NOT NULL);
       INSERT INTO notes SELECT n, '${name} ' || n FROM generate_series(1, ${ROWS}) AS n`,
    );
  }
  Object.assign(process.env, stack.env);
}, 300_000);

afterAll(async () => {
  await stack?.stop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

async function inDatabase(database: string, text: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const url = new URL(stack.connectionString ?? '');
  url.pathname = database;
  const client = new Psql({ connectionString: url.href });
  await client.connect();
  try {
    const answer = await client.query<Record<string, unknown>>(text);
    return answer.rows ?? [];
  } finally {
    await client.end();
  }
}

let last: Promise<unknown> = Promise.resolve();

/** Commands run one after the other, because each has this process's environment while it runs. */
function command(args: readonly string[], { variables }: Pick<Environment, 'variables'>): Promise<Ran> {
  const ran = last.then(() => portage(args, variables));
  last = ran;
  return ran;
}

const statusSchema = z.looseObject({
  execution: z.string(),
  mode: z.string(),
  readPercent: z.number(),
  openGates: z.array(z.string()),
  openRecoveries: z.array(z.unknown()),
});

async function statusOf(environment: Environment): Promise<z.infer<typeof statusSchema>> {
  return statusSchema.parse(JSON.parse((await command(['status', '--json'], environment)).out));
}

/** The application: it reads all notes, and rewrites one of them each time, until the migration waits for its last gate. */
async function work(environment: Environment, client: Client, isOver: () => boolean): Promise<number> {
  let writes = 0;
  for (let id = 1; !isOver(); id = (id % ROWS) + 1) {
    const note = await client.get('NOTE', { id });
    expect(note).toMatchObject({ id, body: expect.stringMatching(new RegExp(`^${environment.name} `)) });
    if (id % 10 === 0) {
      await client.update('NOTE', { id }, { body: `${environment.name} again ${writes}` });
      writes += 1;
    }
  }
  return writes;
}

const ending = new AbortController();

/** Runs a migration as its operator would, up to the gate before PostgreSQL is deleted. */
async function migrate(environment: Environment): Promise<number> {
  const { variables } = environment;
  expect(await command(['start'], environment)).toMatchObject({ error: '', exitCode: 0 });
  const connection = connect(variables);
  const ports = connection.ports({ plan, sql, table, intents, bodies, control, metrics });
  const client = await openClient({ ...ports, source: ports.sql, logger: silentLogger, flushMs: 1_000 });
  let isOver = false;
  const working = work(environment, client, () => isOver);
  try {
    for (;;) {
      ending.signal.throwIfAborted();
      const { execution, openGates, openRecoveries } = await statusOf(environment);
      expect({ name: environment.name, execution, openRecoveries }).toEqual({
        name: environment.name,
        execution: 'RUNNING',
        openRecoveries: [],
      });
      if (openGates.includes('decommission')) {
        isOver = true;
        return await working;
      }
      for (const gate of openGates) await command(['approve', gate, '--by', 'ann'], environment);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  } finally {
    isOver = true;
    await working.catch(() => undefined);
    await client.close();
    await connection.flush();
  }
}

test('both reach the last gate with their own rows', async () => {
  // Where one fails, the other ends too.
  const writes = await Promise.all(environments.map(migrate)).finally(() => ending.abort());
  expect(Math.min(...writes)).toBeGreaterThan(10);
  for (const environment of environments) {
    expect(await statusOf(environment)).toMatchObject({ mode: 'reads', readPercent: 100 });
    const { out } = await command(['verify', '--json'], environment);
    expect(JSON.parse(out)).toMatchObject({ clean: true, rowsCompared: ROWS, mismatches: 0 });
  }
}, 600_000);
