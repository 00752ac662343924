import { expect, test } from '@jest/globals';
import type { AttributeValue, Item } from '../../../../src/domain/item.ts';
import { decodeItem } from '../../../../src/domain/mapping/items/decode.ts';
import { decoder, hasSingleEncoding } from '../../../../src/domain/mapping/values/decode-value.ts';
import { encodeItem } from '../../../../src/domain/mapping/items/encode.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { columnType } from '../../../../src/domain/mapping/values/types.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import type { RowImage } from '../../../../src/domain/row.ts';
import { redact } from '../../../../src/domain/verification/compare/finding.ts';
import { layoutOf, hasExpectedLayout } from '../../../../src/domain/verification/compare/item-layout.ts';
import { checkLayout } from '../../../../src/domain/verification/compare/check-item.ts';
import { catalogueOf, column, entityNamed, ids, planText, session, tables, user } from '../../campaigns.ts';

const { users, sessions } = tables;
const catalogue = catalogueOf({
  ...tables,
  users: { ...users, columns: { ...users?.columns, weight: 'numeric?' } },
  sessions: { ...sessions, columns: { ...sessions?.columns, score: 'float8?' } },
});
const plan = planSchema.parse({
  ...planText,
  entities: { ...planText.entities, SESSION: { ...planText.entities.SESSION, expires: 'ended_at' } },
});
const mapping = compilePlan(plan, catalogue, { SESSION: [`USER#${ids.other}`] });
const manner = { indexKeys: new Set(['GSI1PK', 'GSI1SK', 'GSI2PK', 'GSI2SK']), show: redact };
const OWNER = 'campaign_id.owner_id';

const rows: readonly (readonly [string, RowImage])[] = [
  ['USER', { ...user, weight: '1.50' }],
  ['USER', { ...user, settings: '1', tags: null, weight: '70' }],
  ['USER', { ...user, tags: '[0:1]={a,b}', weight: null }],
  ['SESSION', { ...session, score: '1.5' }],
  ['SESSION', { ...session, ended_at: '2024-01-02 05:00:00.5+00', score: 'NaN' }],
  ['SESSION', { ...session, user_id: ids.other, score: null }],
  ['SESSION', { ...session, transcript: { sha256: 'a'.repeat(64), bytes: 99 }, score: '0' }],
  // Its owner is gone: the row is in no index.
  ['SESSION', { ...session, [OWNER]: null, score: '2' }],
];

/** One change each; those that an item of the row has no place for leave it as it is. */
const changes: readonly ((item: Item) => Item)[] = [
  set('PK', (text) => `${text}x`),
  set('PK', (text) => text.replace(/#SHARD#\d+$/, '')),
  set('PK', (text) => `${text}#SHARD#7`),
  set('SK', (text) => `${text}x`),
  set('GSI1PK', (text) => `${text}x`),
  set('GSI1SK', () => ''),
  set('GSI2PK', (text) => text.toUpperCase()),
  set('GSI2SK', (text) => `${text}x`),
  ...['GSI1PK', 'GSI2PK', 'GSI2SK', 'settings', '_ttl'].map(without),
  ...['GSI1PK', 'GSI1SK', 'GSI2PK', 'GSI2SK'].map((name) => put(name, { S: 'surplus' })),
  put('GSI2SK', { N: '1' }),
  put('_ttl', { N: '1700000000' }),
  put('_ttl', { S: '1704171601' }),
  put('_surplus', { S: 'x' }),
  put('surplus', { NULL: true }),
  put('contentLength', { N: '99' }),
  retype('weight'),
  retype('score'),
  (item) => ('M' in (item['settings'] ?? {}) ? { ...item, settings: { S: '{"dark": true, "size": 12}' } } : item),
  (item) => ('L' in (item['tags'] ?? {}) ? { ...item, tags: { S: '["a",null,""]' } } : item),
  // What no row has a part in.
  put('_v', { N: '8' }),
  put('_t', { S: 'another' }),
];

function set(name: string, change: (text: string) => string): (item: Item) => Item {
  return (item) => {
    const value = item[name];
    return value !== undefined && 'S' in value ? { ...item, [name]: { S: change(value.S) } } : item;
  };
}

function put(name: string, value: AttributeValue): (item: Item) => Item {
  return (item) => ({ ...item, [name]: value });
}

function without(name: string): (item: Item) => Item {
  return (item) => Object.fromEntries(Object.entries(item).filter(([attribute]) => attribute !== name));
}

/** The same text as the other of the two types that numbers without a scale may have. */
function retype(name: string): (item: Item) => Item {
  return (item) => {
    const value = item[name];
    if (value === undefined) return item;
    if ('N' in value) return { ...item, [name]: { S: value.N } };
    return 'S' in value ? { ...item, [name]: { N: value.S } } : item;
  };
}

test('the quick look at an item says the same as making it anew, whatever was done to it (RACE-31)', () => {
  const verdicts = { right: 0, wrong: 0, elsewhere: 0 };
  for (const [name, row] of rows) {
    const entity = entityNamed(mapping, name);
    const [item = {}] = encodeItem(entity, row, { version: 7, txn: null, at: '2026-01-01T00:00:00.000Z' });
    const damaged = [item, ...changes.flatMap((one) => changes.map((other) => other(one(item))))];
    for (const found of damaged) {
      const image = imageOf(found);
      // What cannot be read has no form either.
      if (image === null) continue;
      const followed: RowImage = entity.followed.length === 0 ? {} : { [OWNER]: row[OWNER] ?? null };
      const differences = checkLayout(manner, entity, { ...image, ...followed }, found);
      const form = layoutOf(entity, image, found);
      expect([found, hasExpectedLayout(form, followed)]).toEqual([found, differences.length === 0]);
      const elsewhere = differences.some(({ damage }) => damage === 'key' || damage === 'shard');
      expect([found, form.placed]).toEqual([found, !elsewhere]);
      verdicts[elsewhere ? 'elsewhere' : differences.length === 0 ? 'right' : 'wrong'] += 1;
    }
  }
  expect(verdicts.right).toBeGreaterThan(50);
  expect(verdicts.wrong).toBeGreaterThan(1000);
  expect(verdicts.elsewhere).toBeGreaterThan(500);
});

test('a row of which the source says that it belongs to another owner is not right under this one', () => {
  const entity = entityNamed(mapping, 'SESSION');
  const row = { ...session, score: null };
  const [item = {}] = encodeItem(entity, row, { version: 7, txn: null, at: '' });
  const form = layoutOf(entity, imageOf(item) ?? {}, item);
  expect(hasExpectedLayout(form, { [OWNER]: ids.other })).toBe(true);
  expect(hasExpectedLayout(form, { [OWNER]: ids.user })).toBe(false);
  expect(hasExpectedLayout(form, { [OWNER]: null })).toBe(false);
});

test('a decoder that is said to read one form takes no attribute of another type', () => {
  const values: readonly AttributeValue[] = [
    { S: '1' },
    { N: '1' },
    { BOOL: true },
    { B: new Uint8Array([1]) },
    { L: [] },
    { M: {} },
    { NULL: true },
  ];
  const types = ['bool', 'int2', 'oid', 'bytea', 'text', 'bpchar', 'uuid', 'date', 'time', 'timestamp', 'timestamptz'];
  const kinds = ['json', 'jsonb', 'numeric', 'float8', 'interval', 'text[]', 'int4[]'];
  for (const name of [...types, ...kinds]) {
    const type = columnType(column('c', name));
    const taken = values.filter((value) => decoder(type)(value) !== null);
    expect([name, taken.length]).toEqual([name, hasSingleEncoding(type) ? 1 : expect.any(Number)]);
  }
  expect([...types, 'json', 'interval'].every((name) => hasSingleEncoding(columnType(column('c', name))))).toBe(true);
});

function imageOf(item: Item): RowImage | null {
  try {
    return decodeItem(mapping, item).image;
  } catch {
    return null;
  }
}
