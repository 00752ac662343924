import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { differences } from '../../local/engines/differences.ts';
import { quoteIdentifier } from '../../src/adapters/postgres/sql/quote.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import type { Mode } from '../../src/domain/mode/modes.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import type { RowSource } from '../../src/domain/ports/source.ts';
import { loadRange } from '../../src/domain/protocol/load-range.ts';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { captureSchema, clientInMode, GENERATION, useFixture, type Fixture } from './fixture.ts';

/** Every name that an object has without being given it; `__proto__` is refused by the check. */
const MEMBERS = Object.getOwnPropertyNames(Object.prototype).filter(
  (name) => name !== 'constructor' && name !== '__proto__',
);
const TYPES = [
  ['text', 'a text', 'another'],
  ['int', 7, 8],
  ['jsonb', { constructor: 1 }, { toString: null }],
  ['boolean', true, false],
  ['text[]', ['a'], []],
] as const;
const COLUMNS = MEMBERS.map((name, at) => [name, ...(TYPES[at % TYPES.length] ?? TYPES[0])] as const);

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

let plan: Plan;
let mapping: Mapping;
let rows: RowSource;
let schemas = 0;

beforeEach(async () => {
  const schema = `members_${(schemas += 1)}`;
  const columns = COLUMNS.map(([name, type]) => `${quoteIdentifier(name)} ${type}`);
  await fixture.psql.query(`CREATE SCHEMA ${schema}; SET search_path = ${schema};
    CREATE TABLE "toString" (constructor int PRIMARY KEY, ${columns.join(', ')});
    INSERT INTO "toString" (constructor) VALUES (100)`);
  const [text = '', number = '', map = ''] = MEMBERS;
  plan = planSchema.parse({
    name: 'members',
    source: { schema },
    table: { name: fixture.plan.table.name, indexes: ['GSI1'] },
    entities: {
      MEMBER: {
        from: 'toString',
        key: { PK: 'MEMBER#{constructor}', SK: 'MEMBER#{constructor}' },
        indexes: { GSI1: { PK: `NUMBER#{${number}}`, SK: 'MEMBER#{constructor}' } },
        unique: { [text]: `{${text}}` },
        maps: [map],
      },
    },
    patterns: { byNumber: { entity: 'MEMBER', index: 'GSI1', filter: [text] } },
  });
  ({ mapping, rows } = await captureSchema(fixture, plan));
});

afterEach(async () => {
  await fixture.psql.query(`RESET search_path; DROP SCHEMA ${plan.source.schema} CASCADE`);
});

const options = () => ({ mapping, generation: GENERATION, at: new Date().toISOString() });
const relay = () => relayOnce({ ...fixture, rows }, { ...options(), limit: 500 });
const differing = () => differences(mapping, rows, fixture.table);

const open = (mode: Mode) => clientInMode(fixture, plan, mode);

const empty = (id: number) => ({
  constructor: id,
  ...Object.fromEntries(COLUMNS.map(([name]) => [name, null])),
});
const full = (id: number) => ({
  constructor: id,
  ...Object.fromEntries(COLUMNS.map(([name, , value]) => [name, value])),
});

describe.each(['dual', 'reads', 'complete'] as const)('in mode %s', (mode) => {
  test('columns named as members of every object hold what they are given, and nothing where they are not', async () => {
    const client = await open(mode);
    await client.put('MEMBER', { constructor: 1 });
    await client.put('MEMBER', full(2));
    expect(await client.get('MEMBER', { constructor: 1 })).toEqual(empty(1));
    expect(await client.get('MEMBER', { constructor: 2 })).toEqual(full(2));
    for (const [at, [name, , value, other]] of COLUMNS.entries()) {
      await client.update('MEMBER', { constructor: 1 }, { [name]: at === 0 ? 'third' : value });
      await client.update('MEMBER', { constructor: 2 }, { [name]: other });
      await client.update('MEMBER', { constructor: 1 }, { [name]: null });
    }
    expect(await client.get('MEMBER', { constructor: 1 })).toEqual(empty(1));
    const changed = { constructor: 2, ...Object.fromEntries(COLUMNS.map(([name, , , value]) => [name, value])) };
    expect(await client.get('MEMBER', { constructor: 2 })).toEqual(changed);
    const [[text = '', , , given] = [], [number = '', , , asked] = []] = COLUMNS;
    expect([...(await client.query('byNumber', { [number]: asked ?? 0 }))]).toEqual([changed]);
    expect([...(await client.query('byNumber', { [number]: asked ?? 0, [text]: given ?? '' }))]).toEqual([changed]);
    expect([...(await client.query('byNumber', { [number]: asked ?? 0, [text]: 'a text' }))]).toEqual([]);
    await expect(client.query('byNumber', {})).rejects.toThrow(number);
    await client.delete('MEMBER', { constructor: 1 });
    expect(await client.get('MEMBER', { constructor: 1 })).toBeNull();
  });
});

test('load and relay carry them, and the stores agree', async () => {
  const entity = mapping.entities['MEMBER'];
  if (entity === undefined) throw new Error('no entity');
  const range = { after: null, upTo: null };
  const { at } = options();
  await loadRange({ ...fixture, rows }, { entity, generation: GENERATION, range, from: null, reload: false, at });
  const client = await open('dual');
  await client.put('MEMBER', full(1));
  const [[text = ''] = []] = COLUMNS;
  await fixture.psql.query(`INSERT INTO "toString" (constructor) VALUES (2);
    UPDATE "toString" SET ${quoteIdentifier(text)} = 'plain SQL' WHERE constructor = 100`);
  await relay();
  expect(await differing()).toEqual([]);
  expect(await client.get('MEMBER', { constructor: 2 })).toEqual(empty(2));
  expect(await (await open('complete')).get('MEMBER', { constructor: 100 })).toEqual({
    ...empty(100),
    [text]: 'plain SQL',
  });
});
