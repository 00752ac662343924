import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writerRowsOf, sharedUser } from '../../bench/kills/writer-rows.ts';
import { Journal, readJournal } from '../../bench/kills/journal.ts';
import { checkJournal } from '../../bench/kills/check-journal.ts';
import { write } from '../../bench/kills/writes.ts';
import { connect, type Way, WAYS } from '../../local/engines/connect.ts';
import { SERVICE_FAULTS } from '../../local/faults/service-faults.ts';
import { type FaultProxy, startFaultProxy } from '../../local/faults/proxy.ts';
import { createChangelog } from '../../src/adapters/postgres/capture/changelog.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { openClient } from '../../src/client/open-client.ts';
import { isRetryable } from '../../src/domain/errors.ts';
import { loadRange, type LoadCheckpoint, type LoadPorts } from '../../src/domain/protocol/load-range.ts';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { sweep } from '../../src/domain/protocol/sweep.ts';
import { startFixture, type Fixture } from '../client/fixture.ts';
import { EMPTY_BACKLOG } from '../empty-backlog.ts';

/** How long the faults last; `PORTAGE_FAULT_SECONDS=180` makes it minutes. */
const SECONDS = Number(process.env['PORTAGE_FAULT_SECONDS'] ?? 12);
const SEED = Number(process.env['PORTAGE_FAULT_SEED'] ?? 7);
const SHARE = 0.25;

let fixture: Fixture;
let directory: string;

beforeAll(async () => {
  fixture = await startFixture();
  directory = mkdtempSync(join(tmpdir(), 'portage-faults-'));
  await fixture.enter('dual');
}, 120_000);
afterAll(async () => {
  await fixture.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** The row and its parents that a cast's writes need. */
async function prepare(seed: number, writers: readonly string[]): Promise<void> {
  const rowsByWriter = writers.map((writer) => writerRowsOf(seed, writer));
  await fixture.psql.query(
    `INSERT INTO users (id, email, display_name, bio, tags, settings) SELECT id::uuid, id || '@x', 'first', 'first', '{first}', '{}' FROM unnest($1::text[]) id`,
    [[...rowsByWriter.flatMap(({ users }) => users), sharedUser(seed)]],
  );
  for (const { users, campaign } of rowsByWriter)
    await fixture.psql.query(
      `INSERT INTO campaigns (id, owner_id, title, system, budget, tags) VALUES ($1, $2, 'first', 'homebrew', 1, '{}')`,
      [campaign, users[0]],
    );
}

async function cells(seed: number): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await fixture.psql.query<{ cell: string; mark: string | null }>(
    `SELECT id::text AS cell, bio AS mark FROM users WHERE id <> $1 UNION ALL SELECT id::text, title FROM sessions
     UNION ALL SELECT 'shared bio', bio FROM users WHERE id = $1 UNION ALL SELECT 'shared display_name', display_name FROM users WHERE id = $1`,
    [sharedUser(seed)],
  );
  return new Map(rows.map(({ cell, mark }) => [cell, mark]));
}

const MORE_MS = 60_000;

test(
  `RACE-8 RACE-14 RACE-17 every fourth call to DynamoDB, S3 and the Data API breaks (seed ${SEED}): then both stores are equal and the ledger is complete`,
  async () => {
    const { facts, plan, mapping, observed, psql } = fixture;
    // Older than capture: nobody but the load brings them.
    await psql.query(
      `INSERT INTO users (email, display_name, tags, settings) SELECT i || '@old', 'old', '{}', '{}' FROM generate_series(1, 300) i`,
    );
    await psql.query('TRUNCATE portage.changelog');
    const proxies: readonly FaultProxy[] = await Promise.all([
      startFaultProxy({ service: 'DYNAMODB', target: facts.dynamoDb, seed: SEED, share: SHARE }),
      startFaultProxy({ service: 'S3', target: facts.s3, seed: SEED, share: SHARE }),
      startFaultProxy({ service: 'RDS_DATA', target: facts.dataApi, seed: SEED, share: SHARE }),
    ]);
    const [dynamoDb, s3, dataApi] = proxies.map(({ endpoint }) => endpoint);
    const broken = connect(
      { ...facts, dynamoDb: dynamoDb ?? '', s3: s3 ?? '', dataApi: dataApi ?? '' },
      plan,
      observed,
    );
    const writers = WAYS.map((way) => ({ way, name: `writer by ${way}` }));
    const rounds: number[] = [];
    const ends = performance.now() + SECONDS * 1000;
    let over = false;

    const working = async (way: Way, work: (ports: ReturnType<typeof portsBy>) => Promise<void>): Promise<void> => {
      for (;;) {
        if (over) return;
        // What may be tried again is tried again, as a scheduled function is.
        await work(portsBy(way)).catch((error: unknown) => {
          if (!mayPass(error)) throw error;
        });
        await pause(50);
      }
    };
    const portsBy = (way: Way) => ({
      ...broken,
      rows: createRowSource(broken.sources[way], mapping),
      changelog: createChangelog(broken.sources[way]),
    });
    const at = new Date().toISOString();
    const options = { mapping, generation: 1, at };
    const checkpoints = new Map<string, LoadCheckpoint>();
    const load = async (ports: LoadPorts): Promise<void> => {
      for (const entity of Object.values(mapping.entities)) {
        await loadRange(ports, {
          entity,
          generation: 1,
          range: { after: null, upTo: null },
          from: checkpoints.get(entity.name) ?? null,
          reload: false,
          at,
          pageSize: 3,
          save: (checkpoint) => Promise.resolve(void checkpoints.set(entity.name, checkpoint)),
        });
      }
    };
    const background = [
      working('data-api', async (ports) => void (await relayOnce(ports, { ...options, limit: 50 }))),
      working('pg', async (ports) => void (await sweep(ports, { ...options, oldAfterMs: 60_000 }))),
      working('data-api', load),
    ];
    // How soon every kind of fault has struck is a matter of chance and of the machine.
    const struckAll = (): boolean => {
      const struck = new Set<string>(proxies.flatMap((proxy) => Object.keys(proxy.struck())));
      return SERVICE_FAULTS.every((kind) => struck.has(kind));
    };
    for (
      let round = SEED;
      performance.now() < ends || (!struckAll() && performance.now() < ends + MORE_MS);
      round += 1
    ) {
      rounds.push(round);
      await prepare(
        round,
        writers.map(({ name }) => name),
      );
      await Promise.all(
        writers.map(async ({ way, name }) => {
          const client = await opened(broken, way);
          await write(client, writerRowsOf(round, name), round, name, new Journal(join(directory, `${round} ${name}`)));
          await client.close();
        }),
      );
      await psql.query(`UPDATE users SET tags = ARRAY['bypass'] WHERE id = $1`, [sharedUser(round)]);
    }
    for (const proxy of proxies) proxy.quiet();
    over = true;
    await Promise.all(background);

    await psql.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()`,
    );
    for (let quiet = 0; quiet < 2;) {
      const { done } = await fixture.relay();
      const { intents } = await fixture.sweep();
      quiet = done === 0 && intents === 0 ? quiet + 1 : 0;
    }
    expect(await fixture.changelog.backlog()).toEqual(EMPTY_BACKLOG);
    await load(fixture);
    expect(await fixture.differences()).toEqual([]);
    const outcomes: string[] = [];
    for (const round of rounds) {
      const found = await cells(round);
      for (const { name } of writers) {
        const operations = readJournal(join(directory, `${round} ${name}`));
        outcomes.push(...operations.map(({ outcome }) => outcome));
        expect(checkJournal(name, operations, (cell) => found.get(cell) ?? null)).toEqual([]);
      }
    }
    const counted = new Set(proxies.flatMap((proxy) => Object.keys(proxy.struck())));
    expect([...counted]).toEqual(expect.arrayContaining([...SERVICE_FAULTS]));
    expect(outcomes.filter((outcome) => outcome === 'acknowledged').length).toBeGreaterThan(5);
    await broken.close();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  },
  SECONDS * 1000 + 110_000,
);

/** Errors that the next attempt need not meet. Of a broken connection the SDK leaves only the message here: Jest's realm has an Error of its own. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    isRetryable(error) ||
    '$fault' in error ||
    error.name === 'OutcomeUnknown' ||
    /socket hang up|ECONNRESET/.test(error.message)
  );
}

/** A client is opened through the same broken calls. */
async function opened(broken: ReturnType<typeof connect>, way: Way) {
  for (;;) {
    try {
      return await openClient({
        ...broken,
        plan: fixture.plan,
        source: broken.sources[way],
        metrics: fixture.observed,
      });
    } catch {
      await pause(100);
    }
  }
}
