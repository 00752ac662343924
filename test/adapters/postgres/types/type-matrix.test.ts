import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { installCapture } from '../../../../src/adapters/postgres/capture/capture.ts';
import { createCapturedSource } from '../../../../src/adapters/postgres/capture/captured-transaction.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createChangelog } from '../../../../src/adapters/postgres/capture/changelog.ts';
import { createRowDigests } from '../../../../src/adapters/postgres/rows/row-digests.ts';
import { createRowSource } from '../../../../src/adapters/postgres/rows/row-source.ts';
import { putStatement } from '../../../../src/adapters/postgres/sql/write.ts';
import { machineClock } from '../../../../src/client/machine-clock.ts';
import { ValueRefused } from '../../../../src/domain/errors.ts';
import type { Item } from '../../../../src/domain/item.ts';
import {
  toCanonicalRow,
  toApplicationRow,
  type ReadValue,
} from '../../../../src/domain/mapping/items/application-row.ts';
import { decodeItem } from '../../../../src/domain/mapping/items/decode.ts';
import { encodeItem } from '../../../../src/domain/mapping/items/encode.ts';
import { KEY_BYTES } from '../../../../src/domain/mapping/keys/key-template.ts';
import type { EntityMapping, Mapping } from '../../../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import type { Bodies } from '../../../../src/domain/ports/bodies.ts';
import { INITIAL_MODE } from '../../../../src/domain/mode/modes.ts';
import type { ModeSource } from '../../../../src/domain/ports/control.ts';
import type { Sql } from '../../../../src/domain/ports/source.ts';
import type { BodyRef, ImageValue, RowImage } from '../../../../src/domain/row.ts';
import type { PutOutcome, Table } from '../../../../src/domain/ports/table.ts';
import { dualWrite } from '../../../../src/domain/protocol/dual-write.ts';
import { relayOnce } from '../../../../src/domain/protocol/relay.ts';
import { keyOfItem } from '../../../../src/domain/mapping/items/read-system-attributes.ts';
import { rowDigest } from '../../../../src/domain/verification/compare/row-digest.ts';
import { entityNamed } from '../../../domain/campaigns.ts';
import { MATRIX, REFUSED, TYPES } from './type-values.ts';
import { startTypeFixture, type TypeFixture } from './fixture.ts';

/** Sessions that are nothing like the default. `lc_monetary` has no other locale on every machine. */
const SESSIONS: readonly (readonly [name: string, settings: Readonly<Record<string, string>>])[] = [
  ['a default session', {}],
  [
    'a session in Kathmandu',
    {
      TimeZone: 'Asia/Kathmandu',
      DateStyle: 'SQL, DMY',
      IntervalStyle: 'sql_standard',
      bytea_output: 'escape',
      extra_float_digits: '-15',
      lc_monetary: 'POSIX',
    },
  ],
  [
    'a session in German',
    { TimeZone: 'America/St_Johns', DateStyle: 'German, YMD', IntervalStyle: 'iso_8601', extra_float_digits: '0' },
  ],
  [
    'a verbose session',
    {
      TimeZone: '<+0930>-9:30',
      DateStyle: 'Postgres, MDY',
      IntervalStyle: 'postgres_verbose',
      bytea_output: 'escape',
      extra_float_digits: '3',
    },
  ],
];

interface Column {
  readonly name: string;
  readonly type: string;
  /** SQL of its values, one a row. */
  readonly values: readonly string[];
}

/** Each type by itself, under a domain, in an array, and in an array of the domain. */
const COLUMNS = Object.entries(MATRIX).flatMap(([type, literals], at): readonly Column[] => {
  const values = literals.map((literal) => `CAST(${literal} AS ${type})`);
  const domain = `words.d${at}`;
  return [
    { name: `plain${at}`, type, values },
    { name: `domain${at}`, type: domain, values },
    { name: `array${at}`, type: `${type}[]`, values: arrays(type, values) },
    { name: `domains${at}`, type: `${domain}[]`, values: arrays(domain, values) },
    ...(type === 'jsonb' ? [{ name: 'mapped', type, values }] : []),
  ];
});

/** All values and a NULL, none, NULLs only, two dimensions, a lower bound of its own. */
function arrays(type: string, values: readonly string[]): readonly string[] {
  const [first = 'NULL', second = 'NULL'] = values;
  return [
    `ARRAY[${[...values, 'NULL'].join(', ')}]::${type}[]`,
    `'{}'::${type}[]`,
    `'{NULL}'::${type}[]`,
    `ARRAY[ARRAY[${first}, NULL], ARRAY[${second}, ${first}]]::${type}[]`,
    `('[-1:1]=' || ARRAY[${first}, NULL, ${second}]::${type}[]::text)::${type}[]`,
  ];
}

const ROWS = Math.max(...COLUMNS.map(({ values }) => values.length));
const range = { after: null, upTo: null };

/** No column of these tables is large. */
const nobody = (): Promise<never> => Promise.reject(new Error('there are no bodies here'));
const noBodies: Bodies = { put: nobody, get: nobody, size: nobody, head: nobody, digest: nobody, list: nobody };

let fixture: TypeFixture;
let mapping: Mapping;
let entity: EntityMapping;
/** Through the Data API: the form that everything else is held against. */
let images: readonly RowImage[];

beforeAll(async () => {
  fixture = await startTypeFixture();
  const domains = Object.keys(MATRIX).map((type, at) => `CREATE DOMAIN words.d${at} AS ${type};`);
  const columns = COLUMNS.map(({ name, type }) => `${name} ${type}`);
  await fixture.psql.query(
    `${TYPES}; ${domains.join('')} CREATE TABLE kinds (id int PRIMARY KEY, ${columns.join(', ')})`,
  );
  const plan = planSchema.parse({
    name: 'types',
    table: { name: 'types' },
    entities: { ROW: { from: 'kinds', key: { PK: 'ROW#{id}', SK: 'ROW#{id}' }, maps: ['mapped'] } },
  });
  mapping = compilePlan(plan, await readCatalogue(fixture.dataApi, 'public'), {});
  entity = entityNamed(mapping, 'ROW');
  await installCapture(fixture.dataApi, mapping, 1);
  for (let row = 0; row < ROWS; row++) {
    const values = COLUMNS.map(({ values: { [row]: value } }) => value ?? 'NULL');
    await fixture.psql.query(`INSERT INTO kinds VALUES (${row}, ${values.join(', ')})`);
  }
  images = await read(fixture.dataApi);
}, 120_000);

afterAll(() => fixture?.stop());

async function read(sql: Sql): Promise<readonly RowImage[]> {
  const rows = await createRowSource(sql, mapping).page('ROW', range, 1_000);
  return rows.map(({ image }) => image).slice(0, ROWS);
}

/** Puts the row under another id, from its canonical text alone. */
async function putInto(sql: Sql, image: RowImage, id: number): Promise<void> {
  const texts = Object.entries({ ...image, id: String(id) }).map(([name, value]): [string, string | null] => {
    if (value !== null && typeof value !== 'string') throw new Error(`${name} is in S3`);
    return [name, value];
  });
  const { text, parameters } = putStatement(mapping, entity, Object.fromEntries(texts), {});
  await sql.query(text(`'open'::text`), parameters);
}

function textOf(value: Item[string] | undefined): string | null {
  return value !== undefined && 'S' in value ? value.S : null;
}

function inline(value: ReadValue | BodyRef | undefined): ReadValue {
  if (typeof value === 'object' && value !== null && 'sha256' in value)
    throw new Error('no value of the matrix is in S3');
  return value ?? null;
}

async function scan(): Promise<readonly Item[]> {
  const found: Item[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<Table['scan']>> = await fixture.table.scan(0, 1, after);
    found.push(...page.items);
    after = page.next;
  } while (after !== null);
  return found;
}

/** Values by type, so that a difference names its type. */
function byType(image: RowImage | undefined): readonly (readonly [string, ImageValue | undefined])[] {
  return COLUMNS.map(({ name, type }) => [`${name} ${type}`, image?.[name]]);
}

function expectSame(found: readonly (RowImage | undefined)[]): void {
  expect(found).toHaveLength(ROWS);
  for (const [at, image] of found.entries()) expect(byType(image)).toEqual(byType(images[at]));
}

test('the digest of a row that PostgreSQL computes is that of its decoded item, for every type (RACE-31, RACE-32)', async () => {
  const identities = images.map((image) => [String(image['id'])]);
  // This table is far wider than the Data API's limit on a statement's text allows.
  const digests = await createRowDigests(await fixture.pg(), mapping)('ROW', identities);
  expect(digests).toHaveLength(images.length);
  for (const [at, image] of images.entries()) {
    const [item = {}] = encodeItem(entity, image, { version: 1, txn: null, at: '' });
    const expected = rowDigest(entity, decodeItem(mapping, item).image);
    const found = digests[at];
    expect([image['id'], found?.digest]).toEqual([image['id'], expected]);
  }
});

test('every value of the matrix has a text, and NULL has none (RACE-32)', () => {
  for (const [row, image] of images.entries())
    for (const { name, type, values } of COLUMNS)
      expect([type, row, typeof image[name]]).toEqual([type, row, values[row] === undefined ? 'object' : 'string']);
});

test.each(SESSIONS)(
  'through pg every value has the text that it has through the Data API, in %s (RACE-32)',
  async (_, settings) => {
    expectSame(await read(await fixture.pg(settings)));
  },
);

test('reading leaves the settings of the transaction as the application made them', async () => {
  const { session, ...source } = await fixture.pg(SESSIONS[1]?.[1]);
  const shown = async (): Promise<unknown> =>
    (await session.query(`SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'plpgsql.%' ORDER BY name`)).rows;
  const tx = await source.begin();
  await tx.query(`SET LOCAL TimeZone = 'Europe/Vienna'`);
  const before = await shown();
  await read(tx);
  await putInto(tx, images[0] ?? {}, 900);
  expect(await shown()).toEqual(before);
  await tx.rollback();
});

test.each(SESSIONS)(
  'the changelog and the images handed over in the transaction have the same texts, in %s (RACE-10, RACE-32)',
  async (_, settings) => {
    const { session, ...source } = await fixture.pg(settings);
    const captured = createCapturedSource(source, { mapping, generation: 1, lockMs: 5_000, idleMs: 30_000 });
    const tx = await captured.begin('11111111-1111-4111-8111-111111111111');
    const names = COLUMNS.map(({ name }) => name).join(', ');
    await tx.query(`INSERT INTO kinds SELECT id + 1000, ${names} FROM kinds WHERE id < 1000 ORDER BY id`);
    const { changes } = await tx.collect();
    expectSame(changes.map(({ row }) => row ?? {}));
    await tx.commit();
    const stored = await createChangelog(fixture.dataApi).pending(10_000);
    const last = stored.slice(-ROWS);
    expect(last.map(({ pk }) => pk[0])).toEqual(changes.map(({ pk }) => pk[0]));
    expectSame(last.map(({ row }) => row ?? {}));
    await session.query('DELETE FROM kinds WHERE id >= 1000');
  },
);

test('every value comes back from its item in DynamoDB as PostgreSQL states it (RACE-31, RACE-45)', async () => {
  const stamp = { version: 1, txn: null, at: '' };
  const items = images.flatMap((image) => encodeItem(entity, image, stamp));
  for (const item of items) expect(await fixture.table.putNewer(item)).toEqual({ kind: 'written' });
  const scanned = await scan();
  const got = await fixture.table.get(items.map(keyOfItem), { consistent: true });
  for (const there of [scanned, got]) {
    const decoded = there.filter(({ _e }) => textOf(_e) === 'ROW').map((item) => decodeItem(mapping, item).image);
    const ordered = [...decoded].sort((left, right) => Number(left['id']) - Number(right['id']));
    expectSame(ordered);
    expect(ordered.map(({ id }) => id)).toEqual(images.map(({ id }) => id));
  }
});

test.each([['the Data API', null] as const, ...SESSIONS])(
  'canonical text written back makes the very same value, through %s',
  async (_, settings) => {
    const source = settings === null ? fixture.dataApi : await fixture.pg(settings);
    for (const [row, image] of images.entries()) await putInto(source, image, 2_000 + row);
    for (const { name, type } of COLUMNS) {
      // `*=` compares the stored images, and so tells apart what IS DISTINCT FROM does not: 1.5 and 1.50, 0 and -0.
      const { rows } = await fixture.psql.query<{ id: number; same: boolean }>(
        `SELECT a.id, (SELECT x FROM (SELECT a.${name}) AS x) *= (SELECT y FROM (SELECT b.${name}) AS y) AS same
         FROM kinds a JOIN kinds b ON b.id = a.id + 2000 ORDER BY a.id`,
      );
      expect([name, type, rows.filter(({ same }) => !same)]).toEqual([name, type, []]);
      expect(rows).toHaveLength(ROWS);
    }
    await source.query('DELETE FROM kinds WHERE id >= 2000');
  },
);

test('what an application reads, it can write back unchanged', () => {
  // Of JSON an application sees the value, not the text.
  const columns = entity.columns.filter(({ type }) => type.kind !== 'json' && type.kind !== 'jsonb');
  for (const image of images) {
    const shown = toApplicationRow(entity, image);
    for (const { column, type } of columns) {
      expect([type.name, toCanonicalRow(entity, { [column]: inline(shown[column]) })]).toEqual([
        type.name,
        { [column]: image[column] },
      ]);
    }
  }
});

test.each(Object.entries(REFUSED))(
  '%s has no faithful form, and the check of the plan says so: %s',
  async (type, name) => {
    await fixture.psql.query(`CREATE SCHEMA refused; CREATE TABLE refused.bad (id int PRIMARY KEY, c ${type})`);
    const plan = planSchema.parse({
      name: 'types',
      source: { schema: 'refused' },
      table: { name: 'types' },
      entities: { BAD: { from: 'bad', key: { PK: 'BAD#{id}', SK: 'BAD#{id}' } } },
    });
    const catalogue = await readCatalogue(fixture.dataApi, 'refused');
    await fixture.psql.query('DROP SCHEMA refused CASCADE');
    expect(planFindings(plan, catalogue)).toContainEqual(expect.objectContaining({ name, severity: 'blocks' }));
  },
);

/** The mapping gets no column here. */
const unmovedMode: ModeSource = {
  mode: () => Promise.resolve({ ...INITIAL_MODE, mode: 'dual', epoch: 1, generation: 1 }),
};

describe('a number beyond those of DynamoDB', () => {
  const BEYOND = ['9'.repeat(39), `1.${'0'.repeat(37)}1`, '1e126', '-1e-131', `{1,${'9'.repeat(39)}}`];
  let ledger: Mapping;

  beforeAll(async () => {
    await fixture.psql.query(`CREATE SCHEMA ledger;
      CREATE TABLE ledger.entries (id int PRIMARY KEY, amount numeric, list numeric[])`);
    const plan = planSchema.parse({
      name: 'ledger',
      source: { schema: 'ledger' },
      table: { name: 'types' },
      entities: { ENTRY: { from: 'entries', key: { PK: 'ENTRY#{id}', SK: 'ENTRY#{id}' } } },
    });
    ledger = compilePlan(plan, await readCatalogue(fixture.dataApi, 'ledger'), {});
    await installCapture(fixture.dataApi, ledger, 1);
  });

  test.each(BEYOND)('%s: a dual write of it is refused, and neither store has any of it (RACE-13)', async (number) => {
    const column = number.startsWith('{') ? 'list' : 'amount';
    const options = { mapping: ledger, generation: 1, lockMs: 5_000, idleMs: 30_000 };
    const changelog = createChangelog(fixture.dataApi);
    const before = [await changelog.pending(10_000), await scan(), await fixture.intents.list()];
    const write = dualWrite(
      {
        captured: createCapturedSource(fixture.dataApi, options),
        table: fixture.table,
        intents: fixture.intents,
        rows: createRowSource(fixture.dataApi, ledger),
        changelog,
        bodies: noBodies,
        control: unmovedMode,
        clock: machineClock,
        uuid: randomUUID,
      },
      { mapping: ledger, generation: 1, checkLease: () => {}, deadlineMs: 5_000, background: () => {} },
      (tx) =>
        tx
          .query(`INSERT INTO ledger.entries (id, amount) VALUES (1, 5), (2, NULL)`)
          .then(() => tx.query(`UPDATE ledger.entries SET ${column} = '${number}' WHERE id = 2`)),
    );
    await expect(write).rejects.toThrow(new RegExp(`ENTRY\\.${column}: the number is beyond DynamoDB's`));
    expect([await changelog.pending(10_000), await scan(), await fixture.intents.list()]).toEqual(before);
    expect((await fixture.psql.query('SELECT FROM ledger.entries')).rowCount).toBe(0);
  });

  test('it is refused in what an application gives, and parked by the relay with the reason', async () => {
    const entry = entityNamed(ledger, 'ENTRY');
    expect(() => toCanonicalRow(entry, { amount: '9'.repeat(39) })).toThrow(ValueRefused);
    expect(() => toCanonicalRow(entry, { list: ['1', '9'.repeat(39)] })).toThrow(ValueRefused);
    await fixture.psql.query(
      `INSERT INTO ledger.entries (id, amount) VALUES (3, ${'9'.repeat(39)}), (4, ${'9'.repeat(38)})`,
    );
    const rows = createRowSource(fixture.dataApi, ledger);
    const changelog = createChangelog(fixture.dataApi);
    const ours = async () => (await changelog.pending(10_000)).filter(({ relation }) => relation === 'entries');
    const report = await relayOnce(
      {
        changelog: { ...changelog, pending: ours },
        rows,
        table: fixture.table,
        intents: fixture.intents,
        bodies: noBodies,
        control: unmovedMode,
      },
      { mapping: ledger, generation: 1, limit: 100, at: '' },
    );
    expect(report).toMatchObject({ done: 1, parked: 1 });
    const { rows: parked } = await fixture.psql.query<{ reason: string }>('SELECT reason FROM portage.parked');
    expect(parked).toEqual([{ reason: expect.stringMatching(/^ValueRefused: ENTRY\.amount: the number is beyond/) }]);
  });
});

test('DynamoDB takes keys as long as the mapping does, and refuses one byte more', async () => {
  expect(await putKey(KEY_BYTES.PK, KEY_BYTES.SK)).toEqual({ kind: 'written' });
  await expect(putKey(KEY_BYTES.PK + 1, 1)).rejects.toThrow(/2048/);
  await expect(putKey(1, KEY_BYTES.SK + 1)).rejects.toThrow(/1024/);
});

/** An item whose key takes this many bytes. */
function putKey(pk: number, sk: number): Promise<PutOutcome> {
  const PK = 'é'.repeat(pk / 2).padEnd(Math.ceil(pk / 2), 'x');
  return fixture.table.putNewer({ PK: { S: PK }, SK: { S: 'x'.repeat(sk) }, _v: { N: '1' }, _e: { S: 'KEY' } });
}

test('PostgreSQL holds no U+0000 in text or jsonb, by whichever way it comes', async () => {
  const pg = await fixture.pg();
  for (const source of [fixture.dataApi, pg])
    for (const sql of ['SELECT CAST(:v AS text) AS v', 'SELECT CAST(:v AS jsonb) AS v'])
      await expect(source.query(sql, { v: sql.includes('jsonb') ? '"\\u0000"' : 'a\u0000b' })).rejects.toThrow();
});
