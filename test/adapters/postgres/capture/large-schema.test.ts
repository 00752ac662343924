import { expect, test } from '@jest/globals';
import { differences } from '../../../../local/engines/differences.ts';
import { measure } from '../../../../src/adapters/postgres/assessment/assessment.ts';
import { captureGaps, installCapture } from '../../../../src/adapters/postgres/capture/capture.ts';
import { createChangelog } from '../../../../src/adapters/postgres/capture/changelog.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createRowSource } from '../../../../src/adapters/postgres/rows/row-source.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { draftPlan } from '../../../../src/domain/plan-draft/draft-plan.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { loadRange } from '../../../../src/domain/protocol/load-range.ts';
import { relayOnce } from '../../../../src/domain/protocol/relay.ts';
import { GENERATION, useFixture, type Fixture } from '../../../client/fixture.ts';

const TABLES = 500;
const COLUMNS = 200;
/** Shapes of the tables, in turn. */
const SHAPES = 5;
const SCHEMA = 'large';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

const nameOf = (index: number): string => `${SCHEMA}.t${index}`;

/** A wide table, and in turn: a plain one, one of its children that has the same key, a tree, and two that refer to each other. */
function tableSql(index: number): string {
  const [name, before] = [nameOf(index), nameOf(index - 1)];
  if (index === 0) {
    const columns = Array.from({ length: COLUMNS - 1 }, (_, at) => `c${at} text DEFAULT 'value ${at}'`);
    return `CREATE TABLE ${name} (id int PRIMARY KEY, ${columns.join(', ')})`;
  }
  switch (index % SHAPES) {
    case 2:
      return `CREATE TABLE ${name} (id int PRIMARY KEY REFERENCES ${before}, note text)`;
    case 3:
      return `CREATE TABLE ${name} (id int PRIMARY KEY, parent_id int REFERENCES ${name}, note text)`;
    case 0:
      return `CREATE TABLE ${name} (id int PRIMARY KEY, other_id int REFERENCES ${before}, note text);
        ALTER TABLE ${before} ADD other_id int REFERENCES ${name}`;
    default:
      return `CREATE TABLE ${name} (id int PRIMARY KEY, note text)`;
  }
}

/** A row for every table; parents come first. */
const EVERYWHERE = Array.from({ length: TABLES }, (_, index) => `INSERT INTO ${nameOf(index)} (id) VALUES (2)`).join(
  ';\n',
);

test('500 tables, one of 200 columns, most of them empty at first, go from draft to load', async () => {
  const { sql, psql, table, intents, bodies, control } = fixture;
  await psql.query(
    `CREATE SCHEMA ${SCHEMA};\n${Array.from({ length: TABLES }, (_, index) => tableSql(index)).join(';\n')}`,
  );
  await psql.query(`INSERT INTO ${nameOf(0)} (id) VALUES (1); INSERT INTO ${nameOf(1)} (id) VALUES (1)`);
  const catalogue = await readCatalogue(sql, SCHEMA);
  const plan = planSchema.parse(draftPlan(catalogue, SCHEMA, SCHEMA, {}).plan);
  expect(planFindings(plan, catalogue).filter(({ severity }) => severity === 'blocks')).toEqual([]);
  const facts = await measure(sql, plan, catalogue);
  expect(facts.unmeasured).toEqual([]);
  expect(facts.entities.map(({ rows }) => rows).filter((rows) => rows > 0)).toEqual([1, 1]);

  const mapping = compilePlan(plan, catalogue, {});
  expect(Object.keys(mapping.entities)).toHaveLength(TABLES);
  await installCapture(sql, mapping, GENERATION);
  expect(await captureGaps(sql, mapping)).toEqual([]);
  await psql.query(EVERYWHERE);
  const { rows: recorded } = await psql.query(
    `SELECT count(*)::int AS n, count(DISTINCT relation)::int AS tables FROM portage.changelog`,
  );
  expect(recorded).toEqual([{ n: TABLES, tables: TABLES }]);

  const rows = createRowSource(sql, mapping);
  const ports = { table, intents, rows, changelog: createChangelog(sql), bodies, control };
  const at = new Date().toISOString();
  const range = { after: null, upTo: null };
  let loaded = 0;
  for (const entity of Object.values(mapping.entities))
    loaded += (await loadRange(ports, { entity, generation: GENERATION, range, from: null, reload: false, at })).rows;
  expect(loaded).toBe(TABLES + 2);
  await relayOnce(ports, { mapping, generation: GENERATION, limit: 2 * TABLES, at, hook: () => {} });
  expect(await differences(mapping, rows, table)).toEqual([]);
}, 400_000);
