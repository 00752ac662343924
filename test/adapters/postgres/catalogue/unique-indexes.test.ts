import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { measure } from '../../../../src/adapters/postgres/assessment/assessment.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { assess } from '../../../../src/domain/assess/assess.ts';
import type { UniqueIndex } from '../../../../src/domain/catalogue/catalogue.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import type { PlanFinding } from '../../../../src/domain/plan-check/rules/finding.ts';
import { draftPlan } from '../../../../src/domain/plan-draft/draft-plan.ts';
import { type Plan, planSchema } from '../../../../src/domain/plan/plan.ts';
import { type Awkwards, run, startAwkwards } from '../awkward/fixture.ts';

let awkwards: Awkwards;
beforeAll(async () => {
  awkwards = await startAwkwards();
}, 60_000);
afterAll(() => awkwards?.stop());

let databases = 0;

async function database(sql: string): Promise<string> {
  return awkwards.create(`unique_${(databases += 1)}`, sql);
}

interface Looked {
  readonly plan: Plan;
  readonly findings: readonly PlanFinding[];
  readonly notes: readonly string[];
  readonly indexes: readonly UniqueIndex[];
}

/** What draft and check make of a database; `change` edits the draft first. */
async function look(url: string, change: (plan: Plan) => Plan = (plan) => plan): Promise<Looked> {
  const source = awkwards.open(url);
  const catalogue = await readCatalogue(source, 'public');
  const draft = draftPlan(catalogue, 'public', 'unique', {});
  const plan = change(planSchema.parse(draft.plan));
  const findings = [
    ...planFindings(plan, catalogue),
    ...assess(plan, catalogue, await measure(source, plan, catalogue)),
  ];
  const indexes = Object.values(catalogue.tables).flatMap(({ uniqueIndexes = [] }) => uniqueIndexes);
  return { plan, findings, notes: draft.notes.map(({ text }) => text), indexes };
}

const blocking = ({ findings }: Looked) => findings.filter(({ severity }) => severity === 'blocks');
const named = ({ findings }: Looked, name: string) => findings.filter((found) => found.name === name);

const TABLE = `
  CREATE TYPE state AS ENUM ('open', 'done');
  CREATE TABLE t (
    id int PRIMARY KEY, email text NOT NULL, nick varchar(40), "Odd #1" text, state state, kind varchar(9), flag boolean,
    live boolean NOT NULL DEFAULT true, level int, code char(4), big bigint, gone timestamptz, data jsonb, "p|lower" text, ratio float8,
    amount numeric);`;

/** Unique indexes that a rule can say, with the rule. */
test.each([
  ['t (email) WHERE gone IS NULL', { email: { key: '{email}', when: { gone: null }, nulls: 'distinct' } }],
  ['t (email) WHERE NOT flag', { email: { key: '{email}', when: { flag: false }, nulls: 'distinct' } }],
  ['t (email) WHERE flag = false', { email: { key: '{email}', when: { flag: false }, nulls: 'distinct' } }],
  ['t (email) WHERE flag IS TRUE', { email: { key: '{email}', when: { flag: true }, nulls: 'distinct' } }],
  ['t (email) WHERE live', { email: { key: '{email}', when: { live: true }, nulls: 'distinct' } }],
  [
    `t (email) WHERE state = 'open' AND level = -3`,
    { email: { key: '{email}', when: { state: 'open', level: -3 }, nulls: 'distinct' } },
  ],
  [`t (email) WHERE kind = 'a''b'`, { email: { key: '{email}', when: { kind: "a'b" }, nulls: 'distinct' } }],
  [`t (email) WHERE code = 'ab'`, { email: { key: '{email}', when: { code: 'ab' }, nulls: 'distinct' } }],
  [
    `t (email) WHERE big = 9007199254740993`,
    { email: { key: '{email}', when: { big: '9007199254740993' }, nulls: 'distinct' } },
  ],
  ['t (nick) WHERE nick IS NOT NULL', { nick: '{nick}' }],
  ['t (nick, level) NULLS NOT DISTINCT', { nick_level: { key: '{nick}#{level}', nulls: 'same' } }],
  ['t (nick) NULLS NOT DISTINCT WHERE nick IS NOT NULL', { nick: '{nick}' }],
  ['t (live, email) NULLS NOT DISTINCT', { live_email: '{live}#{email}' }],
  ['t (lower(email))', { email: '{email|lower}' }],
  [
    't (lower(nick), level) WHERE gone IS NULL',
    { nick_level: { key: '{nick|lower}#{level}', when: { gone: null }, nulls: 'distinct' } },
  ],
  ['t (level) INCLUDE (nick)', { level: '{level}' }],
  [
    't (email) WHERE level IS NOT NULL',
    { email: { key: '{email}', when: { level: { not: null } }, nulls: 'distinct' } },
  ],
  [
    `t (email) WHERE state <> 'done'`,
    { email: { key: '{email}', when: { state: { not: 'done' } }, nulls: 'distinct' } },
  ],
  [
    `t (email) WHERE kind = ANY (ARRAY['a', 'b'])`,
    { email: { key: '{email}', when: { kind: { in: ['a', 'b'] } }, nulls: 'distinct' } },
  ],
  [
    't (nick, level) NULLS NOT DISTINCT WHERE nick IS NOT NULL',
    { nick_level: { key: '{nick}#{level}', when: { nick: { not: null } }, nulls: 'same' } },
  ],
])('UNIQUE ON %s becomes a rule, and no other plan passes', async (index, expected) => {
  const url = await database(`${TABLE} CREATE UNIQUE INDEX u ON ${index};
    INSERT INTO t (id, email, nick, level) VALUES (1, 'a', 'b', 1)`);
  const drafted = await look(url);
  expect(drafted.plan.entities['T']?.unique).toEqual(expected);
  expect([blocking(drafted), named(drafted, 'unique-unproven'), named(drafted, 'unique-stricter')]).toEqual([
    [],
    [],
    [],
  ]);
  const without = await look(url, (plan) => edited(plan, {}));
  const [missing, ...more] = blocking(without);
  expect([missing?.name, missing?.path, more]).toEqual(['unique-missing', 'entities.T.unique', []]);
  // What the remedy says is the rule that passes.
  const said = /"unique": (\{.*\})$/.exec(missing?.remedy ?? '')?.[1] ?? '';
  expect(blocking(await look(url, (plan) => edited(plan, JSON.parse(said))))).toEqual([]);
});

function edited(plan: Plan, unique: unknown): Plan {
  const entity = plan.entities['T'];
  return planSchema.parse({ ...plan, entities: { T: { ...entity, unique } } });
}

test('a rule that is not the index is told in what it differs', async () => {
  const url = await database(`${TABLE} CREATE UNIQUE INDEX u ON t (lower(email)) WHERE gone IS NULL AND live;
    CREATE UNIQUE INDEX n ON t (nick, level) NULLS NOT DISTINCT`);
  const told = async (unique: unknown) =>
    named(await look(url, (plan) => edited(plan, unique)), 'unique-missing').map(({ evidence }) => evidence);
  const good = {
    e: { key: '{email|lower}', when: { gone: null, live: true } },
    n: { key: '{nick}#{level}', nulls: 'same' },
  };
  expect(await told(good)).toEqual([]);
  expect(await told({ ...good, e: { key: '{email}', when: { gone: null, live: false } } })).toEqual([
    'u: lower(email) is unique in PostgreSQL where gone is NULL and live = true; unique.e compares email as written, not in lower case, and holds where gone is NULL and live = false, not where gone is NULL and live = true',
  ]);
  expect(await told({ ...good, n: '{level}#{nick}' })).toEqual([
    'n: nick, level is unique in PostgreSQL, NULL being a value; unique.n does not take NULL for a value',
  ]);
  // A stricter rule keeps the index, and is told.
  const strict = await look(url, (plan) => edited(plan, { ...good, e: '{email|lower}' }));
  expect(blocking(strict)).toEqual([]);
  expect(named(strict, 'unique-stricter').map(({ evidence }) => evidence)).toEqual([
    'email is unique in PostgreSQL too, but the rule holds for all rows, not where gone is NULL and live = true',
  ]);
});

test('deferrable constraints need a rule as well, and identities need none', async () => {
  const url = await database(`
    CREATE TABLE t (id int PRIMARY KEY, place int, CONSTRAINT p UNIQUE (place) DEFERRABLE INITIALLY DEFERRED);
    CREATE UNIQUE INDEX again ON t (id) WHERE place > 3; CREATE UNIQUE INDEX wide ON t (lower(place::text), id)`);
  const drafted = await look(url);
  expect(drafted.plan.entities['T']?.unique).toEqual({ place: '{place}' });
  expect(named(await look(url, (plan) => edited(plan, {})), 'unique-missing')).toMatchObject([
    { severity: 'blocks', evidence: 'p: place is unique in PostgreSQL' },
  ]);
});

/** Unique indexes that no rule can say. */
test.each([
  't (email) WHERE level > 3',
  't (email) WHERE level = 1 OR level IS NULL',
  't (email) WHERE flag IS NOT TRUE',
  't (email) WHERE gone IS NULL OR live',
  't (upper(email))',
  't (lower(email || nick))',
  `t (coalesce(level, 0), email)`,
  `t ((data ->> 'a'), (data ->> 'b')) WHERE level = 1`,
  't ((level + 1)) NULLS NOT DISTINCT WHERE level > 2',
  't ("Odd #1", upper(nick))',
  't ("Odd #1")',
  't (email, "p|lower")',
  't (ratio)',
  't (amount, email)',
  't (((data ->> 0)::numeric))',
  't ((level::numeric(9, 2)), (ratio * 2))',
])('UNIQUE ON %s is named, and its remedy leads to a plan that passes', async (index) => {
  const url = await database(`${TABLE} CREATE UNIQUE INDEX "the ""u""" ON ${index};
    INSERT INTO t (id, email, nick, level) VALUES (1, 'a', 'b', 1), (2, 'c', 'd', 4)`);
  const drafted = await look(url);
  expect(drafted.notes.join('\n')).toContain('cannot be a rule: CREATE UNIQUE INDEX');
  const [told, ...more] = named(drafted, 'unique-conditional');
  expect([told?.severity, told?.path, more, blocking(drafted)]).toEqual(['warns', 'entities.T.unique', [], []]);
  const sql = /: (ALTER TABLE .*;)$/.exec(told?.remedy ?? '')?.[1];
  expect(sql).toBeDefined();
  await run(url, sql ?? '');
  const replaced = await look(url);
  expect(Object.keys(replaced.plan.entities['T']?.unique ?? {})).toHaveLength(1);
  expect(named(replaced, 'unique-conditional')).toEqual([]);
  expect(blocking(replaced)).toEqual([]);
});

test('a constraint on a column that no template can write is replaced as well', async () => {
  const url = await database(`${TABLE} ALTER TABLE t ADD CONSTRAINT odd UNIQUE ("Odd #1")`);
  const [told] = named(await look(url), 'unique-conditional');
  await run(url, /: (ALTER TABLE .*;)$/.exec(told?.remedy ?? '')?.[1] ?? '');
  const replaced = await look(url);
  expect(replaced.plan.entities['T']?.unique).toEqual({ odd_key1: '{odd_key1}' });
  expect([named(replaced, 'unique-conditional'), blocking(replaced)]).toEqual([[], []]);
});

test('equal numbers of different texts are kept apart by no replacement', async () => {
  const url = await database(`${TABLE} CREATE UNIQUE INDEX a ON t (amount); CREATE UNIQUE INDEX r ON t ((ratio * 1));`);
  for (const { remedy } of named(await look(url), 'unique-conditional'))
    await run(url, /: (ALTER TABLE .*;)$/.exec(remedy)?.[1] ?? '');
  await run(url, `INSERT INTO t (id, email, amount, ratio) VALUES (1, 'a', 1.0, 0)`);
  for (const values of [`1.00, 5`, `2, '-0'`])
    await expect(run(url, `INSERT INTO t (id, email, amount, ratio) VALUES (2, 'b', ${values})`)).rejects.toThrow(
      /duplicate key/,
    );
});

/** What no text can stand for, and what the plan leaves out. */
test.each([
  ['t (data)', {}, 'data: jsonb has equal values'],
  ['t (email)', { omit: ['email'] }, 'email is omitted'],
  ['t (email)', { large: { email: { pointer: 'emailKey' } } }, 'email is a large column'],
])('UNIQUE ON %s with %j is told, and passes without a rule', async (index, change, evidence) => {
  const url = await database(`${TABLE} CREATE UNIQUE INDEX u ON ${index}`);
  const looked = await look(url, (plan) =>
    planSchema.parse({
      ...plan,
      patterns: {},
      entities: { T: { ...plan.entities['T'], indexes: {}, unique: {}, ...change } },
    }),
  );
  expect(blocking(looked)).toEqual([]);
  expect(named(looked, 'unique-conditional')).toMatchObject([
    {
      severity: 'warns',
      evidence: expect.stringContaining(evidence),
      remedy: expect.stringContaining('let the application check it'),
    },
  ]);
});

const rule = (when: unknown) => (plan: Plan) => edited(plan, { day: { key: '{email}#{day}', when } });

test('rows outside a rule are no duplicates and no refused keys, rows within are', async () => {
  const url = await database(`${TABLE}
    ALTER TABLE t ADD day date;
    INSERT INTO t (id, email, gone, day) VALUES
      (1, 'a', NULL, '2020-01-01'), (2, 'a', now(), '10000-01-01'), (3, 'a', now(), '10000-01-01'), (4, 'b', NULL, '2020-01-02')`);
  expect(blocking(await look(url, rule({ gone: null })))).toEqual([]);
  expect(blocking(await look(url, rule({}))).map(({ name }) => name)).toEqual(['key-value-refused', 'key-duplicate']);
  const nulls = async (rows: string) => {
    await run(url, `TRUNCATE t; INSERT INTO t (id, email, nick, level) VALUES ${rows}`);
    return blocking(await look(url, (plan) => edited(plan, { n: { key: '{nick}#{level}', nulls: 'same' } })));
  };
  expect(await nulls(`(1, 'a', NULL, 1), (2, 'a', NULL, 2), (3, 'a', NULL, NULL)`)).toEqual([]);
  expect(await nulls(`(1, 'a', NULL, 1), (2, 'a', NULL, 1)`)).toMatchObject([
    { name: 'key-duplicate', evidence: expect.stringContaining('2 rows share 1 key') },
  ]);
});

test('conditions of a rule name columns of their types', async () => {
  const url = await database(TABLE);
  const told = async (when: unknown) =>
    blocking(await look(url, (plan) => edited(plan, { e: { key: '{email}', when } }))).map(({ name, path }) => [
      name,
      path,
    ]);
  expect(await told({ nothing: 1 })).toContainEqual(['column-unknown', 'entities.T.unique.e.when.nothing']);
  expect(await told({ level: 'x' })).toContainEqual(['condition-type', 'entities.T.unique.e.when.level']);
});
