import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { measure } from '../../../../src/adapters/postgres/assessment/assessment.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { selectRows } from '../../../../src/adapters/postgres/sql/select.ts';
import { estimate } from '../../../../src/domain/assess/estimate.ts';
import { encodeItem } from '../../../../src/domain/mapping/items/encode.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { itemBytes } from '../../../../src/domain/mapping/items/item-size.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { entityNamed } from '../../../domain/campaigns.ts';
import { type Awkwards, startAwkwards } from '../awkward/fixture.ts';

const SEED = Number(process.env['FAST_CHECK_SEED'] ?? 20_261_125);
const ROWS = 400;
const STAMP = {
  version: 3_000_000_000_123,
  txn: '00000000-0000-4000-8000-000000000000',
  at: '2026-01-01T00:00:00.000Z',
};

const plan = planSchema.parse({
  name: 'sizes',
  table: { name: 'sizes', indexes: ['GSI1'] },
  entities: {
    ROW: {
      from: 'wide',
      key: { PK: 'ROW#{id}', SK: 'ROW#{code}#{price}#{id}' },
      indexes: { GSI1: { PK: 'MOOD#{mood}', SK: 'ROW#{at}#{id}', when: { flag: true } } },
      unique: { code: '{code|lower}' },
      rename: { body: 'theBody' },
      omit: ['secret'],
      maps: ['doc'],
      large: { story: { pointer: 'storyS3Key', length: 'storyLength', over: 300 } },
    },
  },
});

let awkwards: Awkwards;
beforeAll(async () => {
  awkwards = await startAwkwards();
}, 60_000);
afterAll(() => awkwards.stop());

const printable = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .map((text) => text.replaceAll('\u0000', '').toWellFormed());
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 4 });
const row = fc.record({
  code: printable.map((text) => `${text}#%`),
  price: fc.integer({ min: -99_999_999, max: 99_999_999 }).map((cents) => (cents / 100).toFixed(2)),
  mood: maybe(fc.constantFrom('glad', 'very sad')),
  at: fc
    .date({ min: new Date('0100-01-01'), max: new Date('9000-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  flag: fc.boolean(),
  big: maybe(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
  bare: maybe(fc.integer().map((n) => `${n}.50`)),
  rate: maybe(fc.double({ noNaN: true })),
  body: maybe(printable),
  story: maybe(fc.nat(600).map((n) => 's'.repeat(n))),
  scan: maybe(fc.uint8Array({ maxLength: 50 }).map((bytes) => `\\x${Buffer.from(bytes).toString('hex')}`)),
  doc: maybe(
    fc
      .dictionary(printable, fc.oneof(printable, fc.integer(), fc.boolean()))
      .map((doc) => JSON.stringify(doc).replaceAll('\\u0000', '')),
  ),
  tags: maybe(fc.array(printable, { maxLength: 4 })),
});

test(`predicted items are as large as the real ones, or a little larger (seed ${SEED})`, async () => {
  const url = await awkwards.create(
    'sizes',
    `CREATE TYPE mood AS ENUM ('glad', 'very sad');
     CREATE TABLE wide (id int PRIMARY KEY, code varchar NOT NULL, price numeric(12,2) NOT NULL, mood mood, at timestamptz NOT NULL, flag boolean NOT NULL,
       big bigint, bare numeric, rate float8, body text, story text, scan bytea, doc jsonb, tags text[], padded char(9) DEFAULT 'x', day date DEFAULT '2024-01-01',
       uid uuid DEFAULT gen_random_uuid(), secret text DEFAULT 'secret');`,
  );
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const [id, { tags, ...given }] of fc.sample(row, { seed: SEED, numRuns: ROWS }).entries()) {
    const names = Object.keys(given);
    await client.query(
      `INSERT INTO wide (id, tags, ${names.join(', ')}) VALUES ($1, $2, ${names.map((_, at) => `$${at + 3}`).join(', ')})`,
      [id, tags, ...Object.values(given)],
    );
  }
  await client.end();
  const source = awkwards.open(url);
  const catalogue = await readCatalogue(source, 'public');
  const mapping = compilePlan(plan, catalogue, {});
  const entity = entityNamed(mapping, 'ROW');
  const images = await selectRows(
    source,
    mapping,
    'ROW',
    Array.from({ length: ROWS }, (_, id) => [String(id)]),
  );
  const items = images.map((image) => encodeItem(entity, image, STAMP));
  const sizes = items.map(([item = {}]) => itemBytes(item));
  const facts = await measure(source, plan, catalogue);
  const [found] = facts.entities;
  if (found === undefined) throw new Error('nothing was measured');
  const real = sizes.reduce((sum, size) => sum + size, 0);
  expect(found.rows).toBe(ROWS);
  expect(found.bytes).toBeGreaterThanOrEqual(real);
  expect(found.bytes).toBeLessThan(real * 1.1);
  expect(found.largest?.bytes).toBeGreaterThanOrEqual(Math.max(...sizes));
  expect(found.largest?.bytes).toBeLessThan(Math.max(...sizes) * 1.1);
  expect(found.indexes).toMatchObject([{ name: 'GSI1', rows: items.filter(([item = {}]) => 'GSI1PK' in item).length }]);
  expect(found.claims).toBe(ROWS);
  expect(found.bodies.count).toBe(items.filter(([item = {}]) => 'storyS3Key' in item).length);
  const longest = (name: string) => Math.max(...items.map(([item = {}]) => keyBytes(item[name])));
  const predicted = (at: string) => found.keys.find((key) => key.at === at)?.maxBytes ?? 0;
  for (const [at, name] of [
    ['key.PK', 'PK'],
    ['key.SK', 'SK'],
    ['indexes.GSI1.PK', 'GSI1PK'],
    ['indexes.GSI1.SK', 'GSI1SK'],
  ] as const) {
    expect(predicted(at)).toBeGreaterThanOrEqual(longest(name));
    expect(predicted(at)).toBeLessThanOrEqual(longest(name) + 6);
  }
  const sum = estimate(plan, facts);
  expect(sum.items).toBe(2 * ROWS);
  const units = sizes.reduce((total, size) => total + Math.ceil(size / 1024), 0);
  expect(sum.load.writeUnits).toBeGreaterThanOrEqual(units + ROWS + (found.indexes[0]?.rows ?? 0));
  expect(sum.dollars.load).toBeGreaterThan(0);
  expect(sum.objects.count).toBe(found.bodies.count);
});

function keyBytes(value: unknown): number {
  return typeof value === 'object' && value !== null && 'S' in value ? Buffer.byteLength(String(value.S)) : 0;
}
