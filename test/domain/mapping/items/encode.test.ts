import { expect, test } from '@jest/globals';
import { ValueRefused } from '../../../../src/domain/errors.ts';
import { decodeItem, identityOfKey } from '../../../../src/domain/mapping/items/decode.ts';
import { encodeItem, itemKey, tombstone, uniqueKeys } from '../../../../src/domain/mapping/items/encode.ts';
import { entityOfRow } from '../../../../src/domain/mapping/mapping.ts';
import { shardKeys } from '../../../../src/domain/mapping/items/shard.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { catalogue, entityNamed, ids, mappingOf, planText, session, user } from '../../campaigns.ts';
import { entity, merged } from '../../plan-check/broken-plans/change.ts';

const mapping = mappingOf();
const USER = entityNamed(mapping, 'USER');
const SESSION = entityNamed(mapping, 'SESSION');
const stamp = { version: 1_000_000_000_005, txn: 'f0', at: '2026-11-22T00:00:00.000Z' };

test('a row becomes its item under the keys of the plan, and an item for each unique value', () => {
  const [item, unique, ...more] = encodeItem(USER, user, stamp);
  expect(item).toEqual({
    PK: { S: `USER#${ids.user}` },
    SK: { S: `USER#${ids.user}` },
    GSI1PK: { S: 'EMAIL#ann@example.org' },
    GSI1SK: { S: `USER#${ids.user}` },
    id: { S: ids.user },
    email: { S: 'Ann@Example.org' },
    displayName: { S: 'Ann' },
    settings: { M: { dark: { BOOL: true }, size: { N: '12' } } },
    tags: { L: [{ S: 'a' }, { NULL: true }, { S: '' }] },
    created_at: { S: '2024-01-02T03:04:05.678900Z' },
    _v: { N: '1000000000005' },
    _e: { S: 'USER' },
    _t: { S: 'f0' },
    _at: { S: stamp.at },
  });
  expect(unique).toMatchObject({
    PK: { S: 'UNIQUE#USER#email#Ann@Example.org' },
    SK: { S: 'UNIQUE' },
    _e: { S: 'UNIQUE' },
  });
  expect(more).toEqual([]);
});

test('a rule with a condition has an item for the rows that fulfil it, and one where NULL is a value has one for NULL', () => {
  const ruled = entityNamed(
    compilePlan(
      planSchema.parse(
        merged(
          planText,
          entity('SESSION', {
            unique: {
              open: { key: '{user_id}', when: { ended_at: null } },
              ended: { key: '{campaign_id}#{ended_at}', nulls: 'same' },
            },
          }),
        ),
      ),
      catalogue,
      {},
    ),
    'SESSION',
  );
  const keys = (ended: string | null) => uniqueKeys(ruled, { ...session, ended_at: ended }).map(({ PK }) => PK);
  expect(keys(null)).toEqual([`UNIQUE#SESSION#open#${ids.user}`, `UNIQUE#SESSION#ended#${ids.campaign}#%NULL`]);
  expect(keys('2024-01-02 00:00:00+00')).toEqual([`UNIQUE#SESSION#ended#${ids.campaign}#2024-01-02T00:00:00.000000Z`]);
});

test('the changelog keeps of an old row the columns that conditions of rules compare', () => {
  const open = entity('SESSION', { unique: { open: { key: '{user_id}', when: { ended_at: null } } } });
  const compiled = compilePlan(planSchema.parse(merged(planText, open)), catalogue, {});
  expect(SESSION.oldKeyColumns).not.toContain('ended_at');
  expect(entityNamed(compiled, 'SESSION').oldKeyColumns).toContain('ended_at');
});

test('an item decodes to the row that it was, and a uniqueness item to the row that holds the value', () => {
  const [item = {}, unique = {}] = encodeItem(USER, user, stamp);
  expect(decodeItem(mapping, item)).toEqual({
    entity: 'USER',
    image: user,
    version: stamp.version,
    txn: 'f0',
    deleted: false,
    unique: null,
  });
  expect(decodeItem(mapping, unique)).toMatchObject({
    entity: 'USER',
    unique: 'email',
    image: { id: ids.user },
    deleted: false,
  });
});

test('NULL is an absent attribute and an empty text is not (RACE-32)', () => {
  const [item = {}] = encodeItem(USER, { ...user, name: '', tags: null }, stamp);
  expect(item['displayName']).toEqual({ S: '' });
  expect(item).not.toHaveProperty('tags');
  expect(decodeItem(mapping, item).image).toMatchObject({ name: '', tags: null });
});

test('a large value is a pointer with its length, and a small one stays inline; never both (RACE-24)', () => {
  const sha256 = 'ab'.repeat(32);
  const [item = {}] = encodeItem(SESSION, { ...session, transcript: { sha256, bytes: 70_000 } }, stamp);
  expect(item['transcriptS3Key']).toEqual({ S: `bodies/ab/${sha256}` });
  expect(item['contentLength']).toEqual({ N: '70000' });
  expect(item).not.toHaveProperty('transcript');
  expect(decodeItem(mapping, item).image['transcript']).toEqual({ sha256, bytes: 70_000 });
  const [small = {}] = encodeItem(SESSION, session, stamp);
  expect(small['transcript']).toEqual({ S: 'short' });
  expect(() => decodeItem(mapping, { ...item, transcript: { S: 'x' } })).toThrow(/both inline and in S3/);
});

test('an index shows a row only while `when` holds and none of its key columns is NULL', () => {
  const [open = {}] = encodeItem(SESSION, session, stamp);
  expect(open['GSI2PK']).toEqual({ S: `OPEN#${ids.other}` });
  expect(open['GSI2SK']).toEqual({ S: 'SESSION#2024-01-02T03:04:05.000000Z#-9999999999999999993' });
  const [ended = {}] = encodeItem(SESSION, { ...session, ended_at: '2024-01-02 04:00:00+00' }, stamp);
  const [ownerless = {}] = encodeItem(SESSION, { ...session, 'campaign_id.owner_id': null }, stamp);
  for (const item of [ended, ownerless]) expect(item).not.toHaveProperty('GSI2PK');
});

test('a tombstone has the key and the version of the row and no index key (RACE-2, RACE-3)', () => {
  const key = itemKey(SESSION, session);
  const gone = tombstone('SESSION', key, stamp);
  expect(Object.keys(gone).sort()).toEqual(['PK', 'SK', '_at', '_d', '_e', '_t', '_v']);
  expect(decodeItem(mapping, gone)).toMatchObject({
    entity: 'SESSION',
    deleted: true,
    version: stamp.version,
    image: {},
  });
  expect(identityOfKey(SESSION, key)).toEqual(['-7']);
  expect(identityOfKey(USER, key)).toBeNull();
});

test('only recorded owners are sharded, by a hash that never changes (RACE-70)', () => {
  const pk = `USER#${ids.user}`;
  const sharded = entityNamed(mappingOf({ SESSION: [pk] }), 'SESSION');
  const key = itemKey(sharded, session);
  expect(key.PK).toBe(`${pk}#SHARD#7`);
  expect(identityOfKey(sharded, key)).toEqual(['-7']);
  expect(shardKeys(pk, sharded.shard)).toHaveLength(8);
  expect(itemKey(sharded, { ...session, user_id: ids.other }).PK).toBe(`USER#${ids.other}`);
});

test('`where` decides which entity a row is, and a row that none picks is no item', () => {
  expect(entityOfRow(mapping, 'sessions', session)?.name).toBe('SESSION');
  expect(entityOfRow(mapping, 'sessions', { ...session, kind: 'note' })?.name).toBe('NOTE');
  expect(entityOfRow(mapping, 'sessions', { ...session, kind: 'draft' })).toBeNull();
});

test('values that a key cannot hold are refused before anything is written (RACE-13)', () => {
  const long = { ...user, email: 'x'.repeat(2100) };
  expect(() => encodeItem(USER, long, stamp)).toThrow(ValueRefused);
  expect(() => encodeItem(USER, long, stamp)).toThrow(/limit is 2048/);
  expect(encodeItem(USER, { ...user, email: '' }, stamp)).toHaveLength(2);
  expect(() => encodeItem(SESSION, { ...session, started_at: '12024-01-01 00:00:00+00' }, stamp)).toThrow(
    /cannot be encoded in a key/,
  );
  expect(() => encodeItem(SESSION, { ...session, user_id: null }, stamp)).toThrow(/NULL/);
});

test('an item that the mapping could not have written is unreadable, whatever is wrong with it (RACE-33, RACE-74)', () => {
  const [item = {}] = encodeItem(USER, user, stamp);
  const broken = [
    { ...item, _v: { S: '5' } },
    { ...item, _e: { S: 'NOBODY' } },
    { ...item, _e: { S: 'constructor' } },
    { ...item, created_at: { N: '5' } },
    { ...item, tags: { L: [{ N: '1' }] } },
    { PK: { S: 'UNIQUE#USER' }, SK: { S: 'x' }, _e: { S: 'UNIQUE' }, _v: { N: '1' } },
  ];
  for (const wrong of broken) expect(() => decodeItem(mapping, wrong)).toThrow(/cannot be read/);
});
