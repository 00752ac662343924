import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { findColumn } from '../../../../src/domain/catalogue/tables.ts';
import { addDuration, parseDuration } from '../../../../src/domain/duration.ts';
import { defaultRule } from '../../../../src/domain/plan-draft/defaults.ts';
import { type Awkwards, startAwkwards } from '../awkward/fixture.ts';

/** Type, default as somebody writes it, and the rule that the draft makes of it; null = a person decides. */
const DEFAULTS: readonly (readonly [string, string, unknown])[] = [
  ['uuid', 'gen_random_uuid()', 'uuid'],
  ['text', 'gen_random_uuid()', 'uuid'],
  ['varchar(36)', 'gen_random_uuid()::varchar', 'uuid'],
  ['timestamptz', 'now()', 'now'],
  ['timestamp', 'now()', 'now'],
  ['timestamp(3)', 'CURRENT_TIMESTAMP(3)', 'now'],
  ['timestamp', `now() AT TIME ZONE 'utc'`, 'now'],
  ['timestamp', `timezone('utc', now())`, 'now'],
  ['date', 'CURRENT_DATE', 'now'],
  ['date', 'now()::date', 'now'],
  ['timestamptz', `now() + '7 days'`, { now: 'P7D' }],
  ['timestamptz', `now() + interval '1 year 2 months 3 days 04:05:06.5'`, { now: 'P1Y2M3DT4H5M6.5S' }],
  ['timestamp', `CURRENT_TIMESTAMP + interval '30 minutes'`, { now: 'PT30M' }],
  ['timestamp', `(now() AT TIME ZONE 'utc') + '1 mon'::interval`, { now: 'P1M' }],
  ['date', 'CURRENT_DATE + 30', { now: 'P30D' }],
  ['date', `(CURRENT_DATE + interval '2 weeks')::date`, { now: 'P14D' }],
  ['timestamptz', `now() - interval '1 day'`, null],
  ['timestamptz', `now() + interval '1 day -2 hours'`, null],
  ['timestamptz', `date_trunc('day', now())`, null],
  ['bigint', 'extract(epoch from now())', null],
  ['text', `''`, { constant: '' }],
  ['text', `'it''s (a) ::text'`, { constant: `it's (a) ::text` }],
  ['varchar(9)', `'new'::character varying`, { constant: 'new' }],
  ['text', `'it''s' || 'x'`, null],
  ['text', `upper('x')`, null],
  ['text', 'CURRENT_USER', null],
  ['text', `'a'::text || 'b'::text`, null],
  ['int', '0', { constant: 0 }],
  ['int', '-1', { constant: -1 }],
  ['int', '60 * 60', null],
  ['bigint', `'9007199254740993'::bigint`, { constant: '9007199254740993' }],
  ['numeric(9,2)', '0.50', { constant: '0.50' }],
  ['numeric', '(0)::numeric', { constant: '0' }],
  ['double precision', '(1)::double precision', { constant: 1 }],
  ['smallint', `'-3'::integer`, { constant: -3 }],
  ['boolean', 'true', { constant: true }],
  ['boolean', `'f'`, { constant: false }],
  ['boolean', 'NOT true', null],
  ['mood', `'sad'`, { constant: 'sad' }],
  ['mood', `'sad'::mood`, { constant: 'sad' }],
  ['date', `'2020-01-31'`, { constant: '2020-01-31' }],
  ['jsonb', `'{}'`, { constant: {} }],
  ['jsonb', `'{"a": [1, "x, 1.50"], "b": null}'::jsonb`, { constant: { a: [1, 'x, 1.50'], b: null } }],
  ['jsonb', `'{"a": 1.50}'`, null],
  ['jsonb', `'[9007199254740993]'`, null],
  ['jsonb', `jsonb_build_object()`, null],
  ['text[]', 'ARRAY[]::text[]', { constant: [] }],
  ['text[]', `'{}'`, { constant: [] }],
  ['text[]', `ARRAY['a', 'it''s, [b]']`, { constant: ['a', `it's, [b]`] }],
  ['varchar(9)[]', `ARRAY['a'::character varying]`, { constant: ['a'] }],
  ['int[]', 'ARRAY[1, -2]', { constant: [1, -2] }],
  ['mood[]', `ARRAY['sad'::mood]`, { constant: ['sad'] }],
  ['text[]', `ARRAY[upper('x')]`, null],
];

/** Other values are read as text, because JavaScript would round some numbers. */
function asJson(type: string): boolean {
  return type === 'jsonb' || type.endsWith('[]') || /^(?:date|time)/.test(type);
}

let awkwards: Awkwards;
beforeAll(async () => {
  awkwards = await startAwkwards();
}, 60_000);
afterAll(() => awkwards.stop());

test('the draft makes a rule of a default only where it gives what PostgreSQL gives', async () => {
  const columns = DEFAULTS.map(([type, expression], at) => `c${at} ${type} DEFAULT (${expression})`);
  const source = awkwards.open(
    await awkwards.create(
      'defaults',
      `SET TimeZone = 'UTC'; CREATE TYPE mood AS ENUM ('happy', 'sad');
       CREATE TABLE t (id int PRIMARY KEY, written timestamptz, ${columns.join(', ')}); INSERT INTO t (id, written) VALUES (1, now())`,
    ),
  );
  const { tables } = await readCatalogue(source, 'public');
  const rules = DEFAULTS.map(([type, expression], at) => {
    const column = tables['t'] === undefined ? null : findColumn(tables['t'], `c${at}`);
    return [type, expression, column === null ? undefined : defaultRule(column)];
  });
  expect(rules).toEqual(DEFAULTS);

  const values = DEFAULTS.map(([type], at) => `to_jsonb(c${at}${asJson(type) ? '' : '::text'}) AS c${at}`).join(', ');
  const [found] = await source.query(
    `SELECT json_build_array(written, (SELECT to_jsonb(x) FROM (SELECT ${values}) AS x))::text AS row FROM t,
       set_config('TimeZone', 'UTC', false)`,
  );
  const [now, row]: [string, Readonly<Record<string, unknown>>] = JSON.parse(String(found?.['row']));
  for (const [at, [type, expression, rule]] of DEFAULTS.entries()) {
    if (typeof rule !== 'object' || rule === null) continue;
    const value = row[`c${at}`];
    if ('constant' in rule)
      expect([expression, value]).toEqual([expression, asJson(type) ? rule.constant : String(rule.constant)]);
    else if ('now' in rule) {
      const later = addDuration(new Date(now), parseDuration(String(rule.now))).toISOString();
      const length = type === 'date' ? 10 : 23;
      expect([expression, String(value).slice(0, length)]).toEqual([expression, later.slice(0, length)]);
    }
  }
});

test.each([
  ['2024-01-31T10:00:00.000Z', 'P1M', '2024-02-29T10:00:00.000Z'],
  ['2023-12-31T23:30:00.000Z', 'P2M', '2024-02-29T23:30:00.000Z'],
  ['2024-02-29T00:00:00.000Z', 'P1Y', '2025-02-28T00:00:00.000Z'],
  ['2024-01-31T00:00:00.000Z', 'P1M1D', '2024-03-01T00:00:00.000Z'],
  ['2024-03-30T12:00:00.000Z', 'P1W', '2024-04-06T12:00:00.000Z'],
])('%s plus %s is %s, as PostgreSQL says', async (from, duration, to) => {
  expect(addDuration(new Date(from), parseDuration(duration)).toISOString()).toBe(to);
  const source = awkwards.open(awkwards.postgres.connectionString);
  const [row] = await source.query(
    `SELECT to_char((CAST(:from AS timestamptz) AT TIME ZONE 'UTC') + CAST(:duration AS interval), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS later`,
    { from, duration },
  );
  expect(row?.['later']).toBe(to);
});
