import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { differences } from '../../../local/engines/differences.ts';
import { WAYS } from '../../../local/engines/connect.ts';
import { createBodyMd5 } from '../../../src/adapters/postgres/rows/body-md5.ts';
import { createRowDigests } from '../../../src/adapters/postgres/rows/row-digests.ts';
import { createSourceState } from '../../../src/adapters/postgres/rows/source-state.ts';
import { readCatalogue } from '../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import type { ClientOptions } from '../../../src/client/options.ts';
import { isTombstone, keyOfItem } from '../../../src/domain/mapping/items/read-system-attributes.ts';
import type { Mapping } from '../../../src/domain/mapping/mapping.ts';
import type { Mode } from '../../../src/domain/mode/modes.ts';
import { draftPlan } from '../../../src/domain/plan-draft/draft-plan.ts';
import { planHash } from '../../../src/domain/plan/plan-hash.ts';
import { type Plan, planSchema } from '../../../src/domain/plan/plan.ts';
import type { RowSource } from '../../../src/domain/ports/source.ts';
import { loadRange } from '../../../src/domain/protocol/load-range.ts';
import { relayOnce } from '../../../src/domain/protocol/relay.ts';
import { recheckLimits } from '../../../src/domain/verification/recheck/limits.ts';
import { sweep } from '../../../src/domain/protocol/sweep.ts';
import { createVerifier, putItem, type Verifier } from '../../domain/verification/fixture.ts';
import { captureSchema, clientInMode, GENERATION, useFixture, type Fixture } from '../fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

let plan: Plan;
let mapping: Mapping;
let rows: RowSource;
let schemas = 0;

/** Soft deletion, NULLS NOT DISTINCT, lower(), a composite key with NULL, and places that rows exchange. */
const SCHEMA = `
  CREATE TABLE members (
    id int PRIMARY KEY, email text NOT NULL, deleted_at timestamptz, tenant int, code text, nick text,
    place int, CONSTRAINT members_place UNIQUE (place) DEFERRABLE INITIALLY DEFERRED);
  CREATE UNIQUE INDEX members_email ON members (lower(email)) WHERE deleted_at IS NULL;
  CREATE UNIQUE INDEX members_code ON members (tenant, code) NULLS NOT DISTINCT;
  CREATE UNIQUE INDEX members_nick ON members (tenant, nick)`;

beforeEach(async () => {
  const schema = `unique_${(schemas += 1)}`;
  await fixture.psql.query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${SCHEMA}`);
  const catalogue = await readCatalogue(fixture.sql, schema);
  const draft = draftPlan(catalogue, schema, 'unique', {}).plan;
  plan = planSchema.parse({ ...draft, table: { ...draft.table, name: fixture.plan.table.name } });
  ({ mapping, rows } = await captureSchema(fixture, plan));
});

afterEach(async () => {
  await fixture.psql.query(`RESET search_path; DROP SCHEMA ${plan.source.schema} CASCADE`);
});

const at = (): string => new Date().toISOString();
const ports = () => ({ ...fixture, rows });
const options = () => ({ mapping, generation: GENERATION, at: at() });
const relay = () => relayOnce(ports(), { ...options(), limit: 500 });
const differing = () => differences(mapping, rows, fixture.table);
const member = (id: number, more: Readonly<Record<string, string | number | null>> = {}) => ({
  id,
  email: `m${id}@x`,
  code: `c${id}`,
  place: id,
  ...more,
});

const key = (value: string) => ({ PK: { S: `UNIQUE#MEMBER#email#${value}` }, SK: { S: 'UNIQUE' } });
const uniqueItem = (value: string, holder: string) => ({
  ...key(value),
  _of: { S: 'MEMBER' },
  _i: { L: [{ S: holder }] },
  _e: { S: 'UNIQUE' },
  _v: { N: '1' },
  _at: { S: at() },
});
const move = (id: number, place: number) => ({ update: 'MEMBER', key: { id }, changes: { place } });
const rename = (id: number, email: string) => ({ update: 'MEMBER', key: { id }, changes: { email } });

const open = (mode: Mode, more: Partial<ClientOptions> = {}) => clientInMode(fixture, plan, mode, more);

/** The rows that hold values of a rule, by value. */
async function holders(rule: string): Promise<Readonly<Record<string, string>>> {
  const front = `UNIQUE#MEMBER#${rule}#`;
  const found = (await fixture.items()).filter((item) => keyOfItem(item).PK.startsWith(front) && !isTombstone(item));
  return Object.fromEntries(
    found.map((item) => {
      const holder = item['_i'];
      const [first] = holder !== undefined && 'L' in holder ? holder.L : [];
      return [keyOfItem(item).PK.slice(front.length), first !== undefined && 'S' in first ? first.S : ''];
    }),
  );
}

test('the draft has a rule for each unique index, as PostgreSQL has it', () => {
  expect(plan.entities['MEMBER']?.unique).toEqual({
    tenant_nick: '{tenant}#{nick}',
    tenant_code: { key: '{tenant}#{code}', nulls: 'same' },
    email: { key: '{email|lower}', when: { deleted_at: null }, nulls: 'distinct' },
    place: '{place}',
  });
});

describe.each(['dual', 'complete'] as const)('in mode %s', (mode) => {
  test('a row that is deleted softly gives its value up, and takes it back only where it is free', async () => {
    const client = await open(mode);
    await client.put('MEMBER', member(1, { email: 'Ann@x' }));
    await expect(client.put('MEMBER', member(2, { email: 'ann@X' }))).rejects.toMatchObject({ name: 'UniqueTaken' });
    await client.update('MEMBER', { id: 1 }, { deleted_at: '2026-01-01T00:00:00Z' });
    expect(await holders('email')).toEqual({});
    await client.put('MEMBER', member(2, { email: 'ann@X' }));
    expect(await holders('email')).toEqual({ 'ann@x': '2' });
    // A second deleted row of the same value is none of the rule's.
    await client.put('MEMBER', member(3, { email: 'ANN@x', deleted_at: '2026-01-02T00:00:00Z' }));
    await expect(client.update('MEMBER', { id: 1 }, { deleted_at: null })).rejects.toMatchObject({
      name: 'UniqueTaken',
    });
    await client.transact([
      { delete: 'MEMBER', key: { id: 2 } },
      { update: 'MEMBER', key: { id: 1 }, changes: { deleted_at: null } },
    ]);
    expect(await holders('email')).toEqual({ 'ann@x': '1' });
    await client.close();
    if (mode === 'dual') expect(await differing()).toEqual([]);
  });

  test('NULL is a value where PostgreSQL takes it for one, and no value elsewhere', async () => {
    const client = await open(mode);
    await client.put('MEMBER', member(1, { tenant: 7, code: null, nick: null }));
    await client.put('MEMBER', member(2, { tenant: 8, code: null, nick: null }));
    await expect(client.put('MEMBER', member(3, { tenant: 7, code: null }))).rejects.toMatchObject({
      name: 'UniqueTaken',
    });
    await client.put('MEMBER', member(3, { tenant: null, code: '%NULL', nick: 'n' }));
    await client.put('MEMBER', member(4, { tenant: null, code: null, nick: 'n' }));
    expect(await holders('tenant_code')).toEqual({
      '7#%NULL': '1',
      '8#%NULL': '2',
      '%NULL#%25NULL': '3',
      '%NULL#%NULL': '4',
    });
    expect(await holders('tenant_nick')).toEqual({});
    await client.close();
    if (mode === 'dual') expect(await differing()).toEqual([]);
  });

  test('two rows exchange a value of a deferred constraint, and a third does not get one', async () => {
    const client = await open(mode);
    await client.transact([1, 2, 3].map((id) => ({ put: 'MEMBER', row: member(id) })));
    await client.transact([move(1, 2), move(2, 1)]);
    expect(await holders('place')).toEqual({ 1: '2', 2: '1', 3: '3' });
    await expect(client.transact([move(1, 3), move(2, 2)])).rejects.toMatchObject({ name: 'UniqueTaken' });
    await expect(client.transact([move(1, 3), move(3, 2), move(2, 3)])).rejects.toMatchObject({ name: 'UniqueTaken' });
    // All three turn around, one is deleted for another.
    await client.transact([move(1, 3), move(2, 2), move(3, 1)]);
    await client.transact([move(2, 1), { delete: 'MEMBER', key: { id: 3 } }]);
    expect(await holders('place')).toEqual({ 1: '2', 3: '1' });
    await client.close();
    if (mode === 'dual') expect(await differing()).toEqual([]);
  });
});

test('in complete a value of a constraint that PostgreSQL checked at once must be free before it is taken', async () => {
  const client = await open('complete');
  await client.transact([1, 2].map((id) => ({ put: 'MEMBER', row: member(id) })));
  await expect(client.transact([rename(1, 'm2@x'), rename(2, 'm1@x')])).rejects.toMatchObject({ name: 'UniqueTaken' });
  await client.close();
});

test('the load writes the items of the rows that fulfil a rule, and the relay follows rows in and out', async () => {
  await fixture.psql.query(`INSERT INTO members (id, email, deleted_at, code, place) VALUES
    (1, 'a@x', NULL, 'c1', 1), (2, 'A@x', now(), 'c2', 2), (3, 'a@X', now(), NULL, 3)`);
  await fixture.psql.query('TRUNCATE portage.changelog');
  const entity = mapping.entities['MEMBER'];
  if (entity === undefined) throw new Error('no entity');
  const range = { after: null, upTo: null };
  await loadRange(ports(), { entity, generation: GENERATION, range, from: null, reload: false, at: at() });
  expect(await holders('email')).toEqual({ 'a@x': '1' });
  expect(await differing()).toEqual([]);
  await fixture.psql.query(`UPDATE members SET deleted_at = now() WHERE id = 1`);
  await fixture.psql.query(`UPDATE members SET deleted_at = NULL WHERE id = 3`);
  expect(await relay()).toEqual({ done: 2, parked: 0, more: false });
  expect(await holders('email')).toEqual({ 'a@x': '3' });
  expect(await differing()).toEqual([]);
});

test.each([
  ['together', false],
  ['the later change first', true],
])('RACE-21 values that rows exchange past the client are relayed to the right rows: %s', async (_, backwards) => {
  await fixture.psql.query(
    `INSERT INTO members (id, email, code, place) SELECT n, 'm' || n, 'c' || n, n FROM generate_series(1, 4) AS n`,
  );
  await relay();
  await fixture.psql.query('UPDATE members SET place = CASE id WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE 7 - id END');
  // One after the other, so that each order is tried.
  const pending = await fixture.changelog.pending(10);
  for (const change of backwards ? [...pending].reverse() : pending) {
    const changelog = { ...fixture.changelog, pending: () => Promise.resolve([change]) };
    expect(await relayOnce({ ...ports(), changelog }, { ...options(), limit: 500 })).toMatchObject({ done: 1 });
  }
  expect(await holders('place')).toEqual({ 1: '2', 2: '1', 3: '4', 4: '3' });
  expect(await differing()).toEqual([]);
});

test('RACE-21 a value that a row gives up past the client stays free, whatever a late copy says', async () => {
  await fixture.psql.query(`INSERT INTO members (id, email, code, place) VALUES (1, 'a', 'c', 1)`);
  await fixture.psql.query('TRUNCATE portage.changelog');
  const entity = mapping.entities['MEMBER'];
  if (entity === undefined) throw new Error('no entity');
  const stale = await rows.page('MEMBER', { after: null, upTo: null }, 10);
  await fixture.psql.query('UPDATE members SET place = 9');
  await relay();
  // The load read the row before that.
  const late = { ...rows, page: () => Promise.resolve(stale) };
  const range = { after: null, upTo: null };
  await loadRange(
    { ...ports(), rows: late },
    { entity, generation: GENERATION, range, from: null, reload: false, at: at() },
  );
  expect(await holders('place')).toEqual({ 9: '1' });
  expect(await differing()).toEqual([]);
});

test.each(WAYS)(
  'RACE-21 RACE-72 an exchange that is rolled back after DynamoDB took it goes back too, by %s',
  async (way) => {
    const first = await open('dual');
    await first.transact([1, 2].map((id) => ({ put: 'MEMBER', row: member(id) })));
    await first.close();
    const client = await open('dual', {
      source: fixture.sources[way],
      hook: (step) => {
        if (step === 'written') throw new Error('the process fails');
      },
    });
    await expect(client.transact([move(1, 2), move(2, 1)])).rejects.toThrow();
    await client.close().catch(() => {});
    await sweep(ports(), { ...options(), oldAfterMs: 60_000 });
    expect(await fixture.intents.list()).toEqual([]);
    expect(await holders('place')).toEqual({ 1: '1', 2: '2' });
    expect(await differing()).toEqual([]);
  },
);

describe('verification', () => {
  let verifier: Verifier;
  let run = '';
  beforeEach(async () => {
    run = `unique-${schemas}`;
    verifier = createVerifier(
      { ...fixture, plan, mapping, rows },
      {
        rowDigests: createRowDigests(fixture.sql, mapping),
        bodyMd5: createBodyMd5(fixture.sql, mapping),
        sourceState: createSourceState(fixture.sql, mapping),
        planHash: planHash(plan),
        limits: { ...recheckLimits(plan), stableMs: 700, stabilityTimeoutMs: 10_000 },
      },
    );
    const client = await open('dual');
    await client.put('MEMBER', member(1));
    await client.put('MEMBER', member(2, { deleted_at: '2026-01-01T00:00:00Z' }));
    await client.close();
  });

  test.each([
    ['an item that a deleted row must not have', () => uniqueItem('m2@x', '2'), ['MEMBER 2 unique']],
    ['an item of another row', () => uniqueItem('m1@x', '2'), ['MEMBER 1 unique', 'MEMBER 2 unique']],
    [
      'a missing item',
      () => ({ ...key('m1@x'), _d: { BOOL: true }, _e: { S: 'UNIQUE' }, _v: { N: '1' }, _at: { S: at() } }),
      ['MEMBER 1 unique'],
    ],
  ])(
    '%s is found, and repaired',
    async (_, planted, expected) => {
      await putItem(fixture, planted());
      expect(await verifier.verify(run)).toMatchObject({ clean: false });
      expect(await verifier.findings(run)).toEqual(expected);
      await verifier.repair(run);
      expect(await differing()).toEqual([]);
      expect(await verifier.verify(`${run} again`)).toMatchObject({ clean: true });
    },
    60_000,
  );
});
