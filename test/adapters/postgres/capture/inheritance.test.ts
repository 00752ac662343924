import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { captureGaps, installCapture } from '../../../../src/adapters/postgres/capture/capture.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createRowSource } from '../../../../src/adapters/postgres/rows/row-source.ts';
import type { Mapping } from '../../../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { startFixture, type Fixture } from '../../../client/fixture.ts';

const SCHEMA = `
  CREATE SCHEMA "Old Ways";
  CREATE SCHEMA attic;
  CREATE TABLE "Old Ways"."Pay Ments" (id int PRIMARY KEY, at date NOT NULL, note text);
  CREATE TABLE "Old Ways".pay_2020 (PRIMARY KEY (id)) INHERITS ("Old Ways"."Pay Ments");
  CREATE TABLE attic.pay_2019 (PRIMARY KEY (id)) INHERITS ("Old Ways"."Pay Ments");
  CREATE TABLE attic.pay_2019_far (PRIMARY KEY (id)) INHERITS (attic.pay_2019);
  CREATE RULE pay_2020 AS ON INSERT TO "Old Ways"."Pay Ments" WHERE new.at >= '2020-01-01'
    DO INSTEAD INSERT INTO "Old Ways".pay_2020 VALUES (new.*);
  CREATE TABLE "Old Ways".parts (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE attic.parts_old PARTITION OF "Old Ways".parts FOR VALUES FROM ('2000-01-01') TO ('2020-01-01')
    PARTITION BY HASH (id);
  CREATE TABLE attic.parts_old_0 PARTITION OF attic.parts_old FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE attic.parts_old_1 PARTITION OF attic.parts_old FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  CREATE TABLE "Old Ways".parts_rest PARTITION OF "Old Ways".parts DEFAULT;
  INSERT INTO "Old Ways"."Pay Ments" VALUES (1, '2019-05-05', 'in the parent itself'), (2, '2020-05-05', 'by the rule');
  INSERT INTO attic.pay_2019 VALUES (3, '2019-06-06', 'in a child of another schema');
  INSERT INTO attic.pay_2019_far VALUES (4, '2019-07-07', 'in a grandchild');
  INSERT INTO "Old Ways".parts SELECT n, '2019-01-01'::date + n * 100 FROM generate_series(1, 8) n`;

const plan = planSchema.parse({
  name: 'odd',
  source: { schema: 'Old Ways' },
  table: { name: 'odd' },
  entities: {
    PAYMENT: { from: 'Pay Ments', key: { PK: 'PAYMENT#{id}', SK: 'PAYMENT#{id}' } },
    PART: { from: 'parts', key: { PK: 'PART#{id}', SK: 'PART#{at}' } },
  },
});

let fixture: Fixture;
let mapping: Mapping;

beforeAll(async () => {
  fixture = await startFixture();
  await fixture.psql.query(SCHEMA);
  mapping = compilePlan(plan, await readCatalogue(fixture.sql, 'Old Ways'), {});
  await installCapture(fixture.sql, mapping, 1);
}, 120_000);
afterAll(() => fixture.stop());

async function captured(statement: string): Promise<readonly string[]> {
  await fixture.psql.query('DELETE FROM portage.changelog');
  await fixture.psql.query(statement);
  const { rows } = await fixture.psql.query('SELECT relation, pk FROM portage.changelog ORDER BY seq');
  return rows.map(({ relation, pk }) => `${relation} ${pk}`);
}

test('RACE-71 rows of children and partitions are captured where they lie, under the name of their root', async () => {
  expect(await captureGaps(fixture.sql, mapping)).toEqual([]);
  expect(await captured(`UPDATE "Old Ways"."Pay Ments" SET note = 'x'`)).toHaveLength(4);
  expect(await captured(`INSERT INTO "Old Ways"."Pay Ments" VALUES (5, '2021-01-01')`)).toEqual(['Pay Ments ["5"]']);
  expect(await captured(`INSERT INTO attic.pay_2019_far VALUES (6, '2019-01-01')`)).toEqual(['Pay Ments ["6"]']);
  expect(await captured('DELETE FROM ONLY attic.pay_2019 WHERE id = 3')).toEqual(['Pay Ments ["3"]']);
  expect(await captured(`INSERT INTO attic.parts_old VALUES (9, '2010-01-01')`)).toEqual(['parts ["9","2010-01-01"]']);
  expect(await captured(`UPDATE "Old Ways".parts SET at = '2030-01-01' WHERE id = 9`)).toEqual([
    'parts ["9","2010-01-01"]',
    'parts ["9","2030-01-01"]',
  ]);
  for (const leaf of ['attic.pay_2019', 'attic.parts_old_1', '"Old Ways"."Pay Ments"'])
    await expect(fixture.psql.query(`TRUNCATE ${leaf}`)).rejects.toThrow(/cannot be truncated/);
});

test('a row of a tree is read once, whichever table of the tree holds it', async () => {
  const rows = createRowSource(fixture.sql, mapping);
  for (const [entity, table] of [
    ['PAYMENT', '"Old Ways"."Pay Ments"'],
    ['PART', '"Old Ways".parts'],
  ] as const) {
    const page = await rows.page(entity, { after: null, upTo: null }, 100);
    const counted = await fixture.psql.query(`SELECT count(*)::int AS rows FROM ${table}`);
    expect(page).toHaveLength(counted.rows[0]?.rows);
    expect(new Set(page.map(({ image }) => `${String(image['id'])} ${String(image['at'])}`)).size).toBe(page.length);
  }
});

test('a child that is new, or that has columns of its own, is seen', async () => {
  const before = await readCatalogue(fixture.sql, 'Old Ways');
  expect(planFindings(plan, before).filter(({ severity }) => severity === 'blocks')).toEqual([]);
  await fixture.psql.query(
    `CREATE TABLE attic.pay_2018 (tip numeric, PRIMARY KEY (id)) INHERITS ("Old Ways"."Pay Ments")`,
  );
  const after = await readCatalogue(fixture.sql, 'Old Ways');
  expect(after.fingerprint).not.toBe(before.fingerprint);
  // The event trigger has captured it.
  expect(await captureGaps(fixture.sql, compileMappingOf(after))).toEqual([]);
  const [finding] = planFindings(plan, after);
  expect(finding).toMatchObject({ name: 'child-column', severity: 'blocks', entity: 'PAYMENT' });
  expect(finding?.evidence).toBe(
    'attic.pay_2018.tip is a column that Pay Ments does not have: its values would be lost',
  );
});

/** With the column left behind on purpose. */
function compileMappingOf(catalogue: Awaited<ReturnType<typeof readCatalogue>>): Mapping {
  const { PAYMENT } = plan.entities;
  if (PAYMENT === undefined) throw new Error('the plan has no PAYMENT');
  const omit = ['attic.pay_2018.tip'];
  return compilePlan({ ...plan, entities: { ...plan.entities, PAYMENT: { ...PAYMENT, omit } } }, catalogue, {});
}
