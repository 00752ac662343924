import { expect, test } from '@jest/globals';
import { ImmutableChanged, ItemTooLarge, TransactionTooLarge } from '../../../../src/domain/errors.ts';
import { checkItem, checkWrites } from '../../../../src/domain/mapping/items/limits.ts';
import {
  type MappedWrite,
  refuseImmutableChanges,
  writesOfChanges,
} from '../../../../src/domain/mapping/items/writes.ts';
import type { Change } from '../../../../src/domain/ports/source.ts';
import type { RowImage } from '../../../../src/domain/row.ts';
import { ids, mappingOf, session, user } from '../../campaigns.ts';

const mapping = mappingOf();
const stamp = { txn: 'f0', at: '2026-11-22T00:00:00.000Z' };
const GENERATION = 3;

function change(seq: number, relation: string, pk: string, oldKey: RowImage | null, row: RowImage | null): Change {
  return { seq, xid: '700', txn: null, relation, pk: [pk], oldKey, row };
}

/** Key, version and whether it is a tombstone, in the order of keys. */
function shown(writes: readonly MappedWrite[]): readonly (readonly [string, number, string])[] {
  return writes
    .map(({ key, item, seq }): [string, number, string] => {
      expect(item['_v']).toEqual({ N: String(GENERATION * 1e12 + seq) });
      return [`${key.PK} ${key.SK}`, seq, '_d' in item ? 'gone' : 'put'];
    })
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

function map(...changes: readonly Change[]): readonly (readonly [string, number, string])[] {
  return shown(writesOfChanges(mapping, GENERATION, changes, stamp));
}

const userKey = `USER#${ids.user} USER#${ids.user}`;
const email = (value: string): string => `UNIQUE#USER#email#${value} UNIQUE`;

test('an insert puts the item and claims its unique values (RACE-21)', () => {
  expect(map(change(1, 'users', ids.user, null, user))).toEqual([
    [email('Ann@Example.org'), 1, 'put'],
    [userKey, 1, 'put'],
  ]);
});

test('a delete leaves tombstones under every key of the row (RACE-2)', () => {
  expect(map(change(2, 'users', ids.user, user, null))).toEqual([
    [email('Ann@Example.org'), 2, 'gone'],
    [userKey, 2, 'gone'],
  ]);
});

test('several changes of a row become one put with the newest image, whatever their order (RACE-14, RACE-16)', () => {
  const writes = writesOfChanges(
    mapping,
    GENERATION,
    [
      change(5, 'users', ids.user, user, { ...user, name: 'Third' }),
      change(4, 'users', ids.user, user, { ...user, name: 'Second' }),
    ],
    stamp,
  );
  expect(shown(writes).map(([, seq]) => seq)).toEqual([5, 5]);
  expect(writes.find(({ key }) => key.SK !== 'UNIQUE')?.item['displayName']).toEqual({ S: 'Third' });
});

test('a changed unique value is released and claimed in one transaction (RACE-21, RACE-22)', () => {
  const renamed = { ...user, email: 'ann@b.org' };
  expect(map(change(7, 'users', ids.user, user, renamed))).toEqual([
    [email('Ann@Example.org'), 7, 'gone'],
    [email('ann@b.org'), 7, 'put'],
    [userKey, 7, 'put'],
  ]);
});

test('a value that passes from one row to another belongs to its new holder, in whichever order the rows were touched', () => {
  const other = { ...user, id: ids.other, email: 'bob@b.org' };
  const release = change(8, 'users', ids.user, user, { ...user, email: 'ann@b.org' });
  const claim = change(9, 'users', ids.other, other, { ...other, email: 'Ann@Example.org' });
  for (const changes of [
    [release, claim],
    [
      { ...claim, seq: 8 },
      { ...release, seq: 9 },
    ],
  ]) {
    const writes = writesOfChanges(mapping, GENERATION, changes, stamp);
    const held = writes.find(({ key }) => key.PK === 'UNIQUE#USER#email#Ann@Example.org');
    expect(held?.pk).toEqual([ids.other]);
    expect(held?.item).not.toHaveProperty('_d');
    expect(held?.seq).toBe(9);
  }
});

test('a row whose key changes leaves a tombstone under the old key and is put under the new one (RACE-22)', () => {
  const moved = { ...session, user_id: ids.other };
  expect(map(change(11, 'sessions', '-7', session, moved))).toEqual([
    [`USER#${ids.user} SESSION#${ids.campaign}#-9999999999999999993`, 11, 'gone'],
    [`USER#${ids.other} SESSION#${ids.campaign}#-9999999999999999993`, 11, 'put'],
  ]);
});

test('a row that moves there and back in one transaction leaves a tombstone in between (RACE-22)', () => {
  const moved = { ...session, user_id: ids.other };
  const writes = map(change(11, 'sessions', '-7', session, moved), change(12, 'sessions', '-7', moved, session));
  expect(writes.map(([key, seq, kind]) => [key.slice(5, 9), seq, kind])).toEqual([
    ['1111', 12, 'put'],
    ['2222', 12, 'gone'],
  ]);
});

test('a row that becomes another entity by `where` dies as the one and is born as the other', () => {
  const note = { ...session, kind: 'note' };
  expect(map(change(13, 'sessions', '-7', session, note))).toEqual([
    [`NOTES#${ids.user} NOTE#-9999999999999999993`, 13, 'put'],
    [`USER#${ids.user} SESSION#${ids.campaign}#-9999999999999999993`, 13, 'gone'],
  ]);
  expect(map(change(14, 'sessions', '-7', note, { ...session, kind: 'draft' })).map(([, , kind]) => kind)).toEqual([
    'gone',
  ]);
});

test('delete then insert again ends with the newer row (RACE-3)', () => {
  const writes = map(change(20, 'users', ids.user, user, null), change(21, 'users', ids.user, null, user));
  expect(writes).toEqual([
    [email('Ann@Example.org'), 21, 'put'],
    [userKey, 21, 'put'],
  ]);
});

test('a row that came and went within one transaction leaves no item alive', () => {
  const writes = map(change(30, 'users', ids.user, null, null), change(31, 'users', ids.user, user, null));
  expect(writes.every(([, , kind]) => kind === 'gone')).toBe(true);
});

test('a change to an immutable column is refused, for keys of other rows hold it (RACE-37)', () => {
  const campaign: RowImage = { id: ids.campaign, owner_id: ids.user, title: 'T', budget: '1.00' };
  const given = change(1, 'campaigns', ids.campaign, campaign, { ...campaign, owner_id: ids.other });
  expect(() => refuseImmutableChanges(mapping, [given])).toThrow(ImmutableChanged);
  expect(() => refuseImmutableChanges(mapping, [{ ...given, row: { ...campaign, title: 'U' } }])).not.toThrow();
});

test('old keys name what tells entity, key, unique values and forbidden changes of a row', () => {
  expect(mapping.entities['SESSION']?.oldKeyColumns).toEqual(['campaign_id', 'id', 'kind', 'user_id']);
  expect(mapping.entities['NOTE']?.oldKeyColumns).toEqual(['campaign_id', 'id', 'kind', 'user_id']);
  expect(mapping.entities['CAMPAIGN']?.oldKeyColumns).toEqual(['id', 'owner_id']);
});

test('what DynamoDB would refuse is refused before anything is written (RACE-13, RACE-18)', () => {
  const [write] = writesOfChanges(mapping, GENERATION, [change(1, 'sessions', '-7', null, session)], stamp);
  if (write === undefined) throw new Error('no write');
  const intent = { txn: 'f0', generation: 3, xid: '7', at: stamp.at, writes: [] };
  expect(() =>
    checkWrites(
      Array.from({ length: 99 }, () => write),
      intent,
    ),
  ).not.toThrow();
  expect(() =>
    checkWrites(
      Array.from({ length: 100 }, () => write),
      intent,
    ),
  ).toThrow(TransactionTooLarge);
  expect(() => checkItem('USER', { x: { S: 'y'.repeat(409_600) } })).toThrow(ItemTooLarge);
  expect(checkItem('USER', { x: { S: 'y'.repeat(409_599) } })).toBe(409_600);
  const heavy = { ...write, item: { ...write.item, x: { S: 'y'.repeat(300_000) } } };
  expect(() =>
    checkWrites(
      Array.from({ length: 15 }, () => heavy),
      intent,
    ),
  ).toThrow(/bytes/);
});
