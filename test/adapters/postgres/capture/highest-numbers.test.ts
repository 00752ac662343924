import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { highestNumbers } from '../../../../src/adapters/postgres/capture/highest-numbers.ts';
import type { SqlSource } from '../../../../src/domain/ports/source.ts';
import { type Awkwards, startAwkwards } from '../awkward/fixture.ts';

let awkwards: Awkwards;
let source: SqlSource;
beforeAll(async () => {
  awkwards = await startAwkwards();
  source = awkwards.open(
    await awkwards.create(
      'counters',
      `CREATE TABLE "Odd ""one" (id int GENERATED ALWAYS AS IDENTITY, n numeric(38,0), taken bigint DEFAULT 0); CREATE SEQUENCE shared START 40;
       ALTER TABLE "Odd ""one" ALTER n SET DEFAULT nextval('shared'); INSERT INTO "Odd ""one" (n) VALUES (DEFAULT), (7); INSERT INTO "Odd ""one" (n, taken) VALUES (99, -5);
       CREATE TABLE never (id serial PRIMARY KEY);
       DO $$ BEGIN FOR n IN 1..600 LOOP
         EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, note text)', n);
         EXECUTE format('INSERT INTO t%s (note) SELECT ''a'' FROM generate_series(1, %s)', n, n % 3 + 1);
       END LOOP; END $$;`,
    ),
  );
}, 60_000);
afterAll(() => awkwards.stop());

const counter = (table: string, column = 'id') => ({ schema: 'public', table, column });

test('hundreds of counters take a few queries', async () => {
  const counters = Array.from({ length: 600 }, (_, at) => counter(`t${at + 1}`));
  let queries = 0;
  const counting = { query: (text: string, parameters = {}) => ((queries += 1), source.query(text, parameters)) };
  const began = performance.now();
  const highest = await highestNumbers(counting, counters);
  // 220 ms for each of them, before they were asked for together.
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(queries).toBe(4);
  expect(highest).toEqual(counters.map((_, at) => BigInt(((at + 1) % 3) + 1)));
});

test('a counter is above what the column holds and what its sequence gave out, owned or by default', async () => {
  const odd = 'Odd "one';
  expect(
    await highestNumbers(source, [counter(odd), counter(odd, 'n'), counter(odd, 'taken'), counter('never')]),
  ).toEqual([3n, 99n, 0n, 0n]);
  expect(await highestNumbers(source, [])).toEqual([]);
});
