import { expect, test } from '@jest/globals';
import { loadStatementParser } from '../../../src/adapters/statements/parser.ts';
import { accessesOf } from '../../../src/domain/statements/accesses.ts';
import { catalogue } from './fixture.ts';
import { type Asked, STYLES, written } from './styles.ts';

const parser = await loadStatementParser();

const KINDS: Readonly<Record<string, Asked>> = {
  'a row by key': { table: 'users', equal: ['id'] },
  'a row by unique column': { table: 'users', equal: ['email'], limit: true },
  'rows of a parent': { table: 'sessions', equal: ['campaign_id'] },
  'the newest of a parent': { table: 'sessions', equal: ['campaign_id'], order: ['started_at'], limit: true },
  'rows of two parents': { table: 'sessions', equal: ['user_id', 'campaign_id'] },
  'sorted by two columns': { table: 'characters', equal: ['campaign_id'], order: ['level', 'name'] },
  'rows by a list of keys': { table: 'users', list: 'id' },
  'rows of a list of parents': { table: 'characters', list: 'campaign_id', order: ['created_at'] },
  'an open range within a parent': { table: 'sessions', equal: ['user_id'], range: 'started_at' },
  'a closed range within a parent': { table: 'sessions', equal: ['user_id'], between: 'started_at', limit: true },
  'a prefix within a parent': { table: 'campaigns', equal: ['owner_id'], prefix: 'title' },
  'open rows of a parent': { table: 'sessions', equal: ['campaign_id'], isNull: 'ended_at' },
  'a boolean within a parent': { table: 'characters', equal: ['campaign_id'], isTrue: 'is_alive' },
  'a range without a parent': { table: 'sessions', range: 'started_at', limit: true },
  'everything at once': {
    table: 'sessions',
    equal: ['user_id'],
    list: 'campaign_id',
    range: 'started_at',
    isNull: 'ended_at',
    order: ['started_at'],
    limit: true,
  },
  'the whole table': { table: 'campaigns' },
};

const every = Object.entries(STYLES).flatMap(([name, style]) =>
  Object.entries(KINDS).map(([kind, asked]) => [`${kind} (${name})`, written(style, asked), asked] as const),
);

test('there are a few hundred statements', () => {
  expect(new Set(every.map(([, text]) => text)).size).toBeGreaterThan(200);
});

test.each(every)('%s', (_, text, asked) => {
  const parsed = parser.parse(text);
  if (parsed.kind !== 'read') throw new Error(`${text}: ${JSON.stringify(parsed)}`);
  const queries = accessesOf({ catalogue, schema: 'public' }, parsed.query);
  expect(queries).toHaveLength(1);
  const [access, ...others] = queries[0]?.accesses ?? [];
  expect(others).toEqual([]);
  expect({
    table: access?.table,
    equal: access?.equal.map(({ path }) => path),
    lists: access?.lists.map(({ path }) => path),
    joined: access?.joined,
    ranges: access?.ranges,
    prefixes: access?.prefixes.map(({ path }) => path),
    nulls: access?.nulls,
    order: access?.order,
    limited: access?.limit !== null,
    rest: access?.rest,
  }).toEqual({
    table: asked.table,
    equal: [...(asked.equal ?? []), ...(asked.isTrue === undefined ? [] : [asked.isTrue])],
    lists: asked.list === undefined ? [] : [asked.list],
    joined: [],
    ranges: [asked.range, asked.between].filter((path) => path !== undefined),
    prefixes: asked.prefix === undefined ? [] : [asked.prefix],
    nulls: asked.isNull === undefined ? [] : [asked.isNull],
    order: (asked.order ?? []).map((path) => ({ path, descending: true })),
    limited: asked.limit === true,
    rest: [],
  });
});
