import { expect, test } from '@jest/globals';
import { ValueRefused } from '../../../../src/domain/errors.ts';
import { compileMapping } from '../../../../src/domain/mapping/mapping.ts';
import { compareKeys, patternQuery, sortKey } from '../../../../src/domain/mapping/patterns/pattern-query.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { catalogueOf, entityNamed, ids, mappingOf, session, user } from '../../campaigns.ts';

const mapping = mappingOf();

test('a lookup in an index asks for one partition and, in SQL, for the same', () => {
  const { targets, sources } = patternQuery(mapping, 'userByEmail', { email: 'ANN@example.org' });
  expect(targets).toEqual([
    {
      index: 'GSI1',
      pk: 'EMAIL#ann@example.org',
      sk: { prefix: 'USER#' },
      order: 'asc',
      limit: null,
      filter: null,
      after: null,
      consistent: false,
    },
  ]);
  expect(sources).toEqual([
    {
      entity: 'USER',
      conditions: [{ path: 'email', lower: true, op: '=', values: ['ann@example.org'] }],
      notNull: ['email', 'id'],
      order: [{ path: 'id', lower: false, collate: false }],
      direction: 'asc',
      limit: null,
    },
  ]);
});

test('a fixed front of the sort key ends with a delimiter, so that no longer value slips in', () => {
  const { targets, sources } = patternQuery(mapping, 'sessionsOfCampaign', {
    user_id: ids.user,
    campaign_id: ids.campaign,
  });
  expect(targets[0]?.sk).toEqual({ prefix: `SESSION#${ids.campaign}#` });
  expect(sources[0]?.conditions.map(({ path, op, values }) => [path, op, values[0] ?? null])).toEqual([
    ['user_id', '=', ids.user],
    ['campaign_id', '=', ids.campaign],
    ['kind', '=', 'play'],
  ]);
  expect(sources[0]?.order).toEqual([{ path: 'id', lower: false, collate: false }]);
});

test('a range includes both ends, also of values that further segments follow', () => {
  const SESSION = entityNamed(mapping, 'SESSION');
  const key = sortKey(SESSION, 'GSI2', session);
  const within = (range: object): boolean => {
    const { targets, sources } = patternQuery(mapping, 'openSessions', {
      'campaign_id.owner_id': ids.other,
      started_at: range,
    });
    expect(sources[0]?.conditions).toContainEqual({ path: 'ended_at', lower: false, op: 'isNull', values: [] });
    const sk = targets[0]?.sk;
    if (sk === null || sk === undefined) return false;
    return 'prefix' in sk ? key.startsWith(sk.prefix) : compareKeys(sk.from, key) <= 0 && compareKeys(key, sk.to) <= 0;
  };
  const start = '2024-01-02T03:04:05Z';
  for (const range of [
    {},
    { from: start },
    { to: start },
    { from: start, to: start },
    { from: new Date('2024-01-01') },
  ])
    expect(within(range)).toBe(true);
  for (const range of [{ from: '2024-01-02T03:04:05.000001Z' }, { to: '2024-01-02T03:04:04.999999Z' }])
    expect(within(range)).toBe(false);
});

test('order and limit of the plan hold for both stores', () => {
  const query = patternQuery(mapping, 'openSessions', { 'campaign_id.owner_id': ids.other });
  expect(query).toMatchObject({ direction: 'desc', limit: 50, index: 'GSI2' });
  expect(query.targets[0]).toMatchObject({ order: 'desc', limit: 50 });
  expect(query.sources[0]).toMatchObject({ direction: 'desc', limit: 50 });
});

test('a prefix is encoded like the value it begins, and a filter like its attribute', () => {
  const { targets, sources } = patternQuery(mapping, 'campaignsByTitle', {
    owner_id: ids.user,
    title: 'The #1',
    budget: 12,
  });
  expect(targets[0]).toMatchObject({ sk: { prefix: 'CAMPAIGN#The%20%231' }, filter: { budget: { N: '12.00' } } });
  expect(sources[0]?.conditions).toContainEqual({ path: 'title', lower: false, op: 'startsWith', values: ['The #1'] });
  expect(sources[0]?.conditions).toContainEqual({ path: 'budget', lower: false, op: '=', values: ['12.00'] });
  expect(sources[0]?.order[0]).toEqual({ path: 'title', lower: false, collate: true });
});

test('several entities of a partition are one query, and one SQL query each, named by the first', () => {
  const { targets, sources } = patternQuery(mapping, 'userWithSessions', { id: ids.user });
  expect(targets).toHaveLength(1);
  expect(targets[0]).toMatchObject({ pk: `USER#${ids.user}`, sk: null, filter: null });
  expect(sources.map(({ entity, conditions }) => [entity, conditions[0]])).toEqual([
    ['USER', { path: 'id', lower: false, op: '=', values: [ids.user] }],
    ['SESSION', { path: 'user_id', lower: false, op: '=', values: [ids.user] }],
  ]);
  expect(
    compareKeys(
      sortKey(entityNamed(mapping, 'SESSION'), null, session),
      sortKey(entityNamed(mapping, 'USER'), null, user),
    ),
  ).toBeLessThan(0);
});

test('a sharded owner is asked in every shard, and in its own partition where other entities lie there', () => {
  const pk = `USER#${ids.user}`;
  const sharded = mappingOf({ SESSION: [pk] });
  const one = patternQuery(sharded, 'sessionsOfCampaign', { user_id: ids.user, campaign_id: ids.campaign });
  expect(one.targets.map((target) => target.pk)).toEqual(
    Array.from({ length: 8 }, (_, shard) => `${pk}#SHARD#${shard}`),
  );
  expect(patternQuery(sharded, 'userWithSessions', { id: ids.user }).targets).toHaveLength(9);
  expect(
    patternQuery(sharded, 'sessionsOfCampaign', { user_id: ids.other, campaign_id: ids.campaign }).targets,
  ).toHaveLength(1);
});

test.each([
  ['nobody', {}, /no such pattern/],
  ['userByEmail', {}, /missing/],
  ['userByEmail', { email: 'a', mail: 'b' }, /no such argument/],
  ['sessionsOfCampaign', { user_id: 'x', campaign_id: ids.campaign }, /no form/],
])('%s with %j is refused', (name, args, message) => {
  expect(() => patternQuery(mapping, name, args)).toThrow(message);
  expect(() => patternQuery(mapping, name, args)).toThrow(ValueRefused);
});

test('a char(n) is looked for without its blanks, and a text longer than its column is found nowhere', () => {
  const columns = { id: 'int8', code: { type: 'bpchar', length: 4 }, title: { type: 'varchar', length: 3 } };
  const works = compileMapping(
    planSchema.parse({
      name: 'works',
      table: { name: 'works', indexes: ['GSI1'] },
      entities: {
        WORK: {
          from: 'works',
          key: { PK: 'WORK#{id}', SK: 'WORK#{id}' },
          indexes: { GSI1: { PK: 'TITLE#{title}', SK: 'WORK#{code}#{id}' } },
        },
      },
      patterns: { byCode: { entity: 'WORK', index: 'GSI1', SK: 'WORK#', prefix: 'code' } },
    }),
    catalogueOf({ works: { columns } }),
    {},
  );
  const { targets, sources } = patternQuery(works, 'byCode', { title: 'four', code: 'a' });
  expect(targets[0]).toMatchObject({ pk: 'TITLE#four', sk: { prefix: 'WORK#a' } });
  expect(sources[0]?.conditions.map(({ path, op, values }) => [path, op, values[0] ?? null])).toEqual([
    ['title', '=', 'four'],
    ['code', 'startsWith', 'a'],
  ]);
});
