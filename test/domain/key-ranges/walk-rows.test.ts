import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StatementFailed } from '../../../src/adapters/postgres/connection/statement-failed.ts';
import { createMissedChanges } from '../../../src/adapters/postgres/capture/missed-changes.ts';
import { createSourceState } from '../../../src/adapters/postgres/rows/source-state.ts';
import { planHash } from '../../../src/domain/plan/plan-hash.ts';
import { FULL } from '../../../src/domain/verification/report/scope.ts';
import { planRun, readPlan } from '../../../src/domain/verification/run/plan-run.ts';
import { createRowSource } from '../../../src/adapters/postgres/rows/row-source.ts';
import { cutAtMarks, cutRanges } from '../../../src/domain/key-ranges/cut-ranges.ts';
import { isWalked, type RowWalks, thin, walkRows } from '../../../src/domain/key-ranges/walk-rows.ts';
import { planLoad } from '../../../src/domain/load/run-load.ts';
import { thinToRecord } from '../../../src/domain/load/plan-ranges.ts';
import { compilePlan } from '../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
import type { Sql } from '../../../src/domain/ports/source.ts';
import { type Fixture, startFixture } from '../../client/fixture.ts';

const ROWS = 10_007;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
  await fixture.psql.query(
    `INSERT INTO users (email, display_name, tags, settings, is_active)
     SELECT 'u' || i || '@x', 'N', '{}', '{}', i % 10 <> 0 FROM generate_series(1, $1::int) i`,
    [ROWS],
  );
}, 120_000);
afterAll(() => fixture.stop());

/** Walks with a call for every stride, as if each had found its time over; every call is repeated as after a kill. */
async function walkInSteps(rows: Fixture['rows'], entities: readonly string[], every: number, maxMarks: number) {
  let [walks, calls]: [RowWalks, number] = [{}, 0];
  while (!isWalked(walks, entities)) {
    const from = JSON.parse(JSON.stringify(walks));
    await walkRows(rows, entities, from, { every, maxMarks, pause: () => true });
    walks = await walkRows(rows, entities, from, { every, maxMarks, pause: () => true });
    calls++;
  }
  return { walks, calls };
}

test('a walk in many calls, each repeated, counts and marks the same rows as one call', async () => {
  const whole = await walkRows(fixture.rows, ['USER', 'SESSION'], {}, { every: 3, maxMarks: 50, pause: () => false });
  const { walks, calls } = await walkInSteps(fixture.rows, ['USER', 'SESSION'], 3, 50);
  expect(calls).toBeGreaterThan(2);
  expect(walks).toEqual(whole);
  expect(whole['USER']).toMatchObject({ rows: ROWS, done: true });
  expect(whole['SESSION']).toEqual({ after: null, rows: 0, every: 3, marks: [], done: true });
  const sizes = await sizesOf(fixture.rows, 'USER', cutRanges(whole['USER'] ?? never(), 12));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(ROWS);
  expect(sizes).toHaveLength(12);
  expect(Math.max(...sizes)).toBeLessThan((1.5 * ROWS) / 12);
});

test('where entities share a table, each counts and marks its own rows only', async () => {
  const { USER } = fixture.plan.entities;
  const plan = planSchema.parse({
    ...fixture.plan,
    entities: {
      ...fixture.plan.entities,
      USER: { ...USER, where: { is_active: true } },
      INACTIVE: {
        from: 'users',
        key: { PK: 'INACTIVE#{id}', SK: 'INACTIVE#{id}' },
        where: { is_active: false },
        unique: { email: '{email}' },
      },
    },
  });
  const rows = createRowSource(fixture.sql, compilePlan(plan, fixture.mapping.catalogue, {}));
  const { walks } = await walkInSteps(rows, ['USER', 'INACTIVE'], 100, 1_000);
  expect(walks['INACTIVE']).toMatchObject({ rows: 1_000, done: true });
  expect(walks['USER']).toMatchObject({ rows: ROWS - 1_000, done: true });
  const sizes = await sizesOf(rows, 'INACTIVE', cutAtMarks(walks['INACTIVE'] ?? never()));
  expect(sizes).toEqual(Array.from({ length: 10 }, () => 100));
});

/** A connection whose statements reach the time limit above 1,000 rows. */
function slowSql(limits: unknown[] = []): Sql {
  return {
    query: (text, parameters) => {
      limits.push(parameters?.['limit']);
      if (Number(parameters?.['limit']) > 1_000) throw new StatementFailed('the statement took too long', '57014');
      return fixture.sql.query(text, parameters);
    },
  };
}

const request = (run: string) =>
  ({ run, kind: 'on-demand', now: 'then', scope: FULL, repair: false, showValues: false }) as const;

test('a verification is planned in as many calls as it takes, and comes out as in one', async () => {
  const { plan, mapping, sql, rows } = fixture;
  const ports = {
    ...fixture,
    sourceState: createSourceState(sql, mapping),
    missed: createMissedChanges(sql),
    planHash: planHash(plan),
    catalogue: () => rows.catalogue(),
  };
  const slow = { ...ports, rows: createRowSource(slowSql(), mapping), pause: () => true };
  let calls = 1;
  while (!(await planRun(slow, request('slow'))).planned) calls++;
  expect(calls).toBeGreaterThan(10);
  await planRun({ ...ports, pause: () => false }, request('quick'));
  const [inMany, inOne] = [await readPlan(ports.documents, 'slow'), await readPlan(ports.documents, 'quick')];
  expect({ ...inMany, run: '' }).toEqual({ ...inOne, run: '' });
});

test('a stride that runs into the time limit of a statement is followed by smaller ones', async () => {
  const limits: unknown[] = [];
  const { walks } = await walkInSteps(createRowSource(slowSql(limits), fixture.mapping), ['USER'], 5_000, 9);
  expect(walks['USER']).toMatchObject({ rows: ROWS, done: true });
  expect(walks['USER']?.marks).toHaveLength(2);
  expect(limits.slice(0, 4)).toEqual([50_000, 12_500, 3_125, 781]);
});

test('a load is planned in as many calls as it takes, and then no more', async () => {
  await fixture.enter('load');
  let calls = 1;
  while ((await planLoad(fixture, () => true)) === null) calls++;
  expect(calls).toBeGreaterThan(1);
  const plan = await planLoad(fixture, () => true);
  expect(plan?.rows['USER']).toBe(ROWS);
  expect(plan?.segments.filter(({ entity }) => entity === 'USER')).toHaveLength(12);
  expect(await fixture.control.list('LOAD-PLAN')).toHaveLength(1);
});

test('marks are thinned to few, and further where many entities would not fit into a record', () => {
  const marks = Array.from({ length: 100 }, (_, at) => [String((at + 1) * 10)]);
  const thinned = thin({ after: null, rows: 1_005, every: 10, marks, done: true }, 30);
  expect(thinned).toMatchObject({ every: 40, marks: Array.from({ length: 25 }, (_, at) => [String((at + 1) * 40)]) });
  const long = { ...thinned, marks: thinned.marks.map(() => ['x'.repeat(200)]) };
  const walks = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`ENTITY_${at}`, long]));
  const record = thinToRecord(walks);
  expect(JSON.stringify(record).length).toBeLessThan(300_000);
  expect(record['ENTITY_0']).toMatchObject({ rows: 1_005, done: true });
});

async function sizesOf(rows: Fixture['rows'], entity: string, ranges: ReturnType<typeof cutRanges>) {
  const sizes: number[] = [];
  for (const range of ranges) sizes.push((await rows.keys(entity, range, ROWS)).length);
  return sizes;
}

function never(): never {
  throw new Error('not walked');
}
