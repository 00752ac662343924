import { expect, test } from '@jest/globals';
import { PlanError } from '../../../src/domain/errors.ts';
import { compilePlan } from '../../../src/domain/plan-check/compile-plan.ts';
import { planFindings } from '../../../src/domain/plan-check/check.ts';
import type { PlanFinding } from '../../../src/domain/plan-check/rules/finding.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
import { catalogueOf, plan, planText, tables, type TableText } from '../campaigns.ts';
import { entity, type Json, merged } from './broken-plans/change.ts';

function findings(change: Json, more: Readonly<Record<string, TableText>> = {}): readonly PlanFinding[] {
  return planFindings(planSchema.parse(merged(planText, change)), catalogueOf({ ...tables, ...more }));
}

const users = tables['users'];
const campaigns = tables['campaigns'];
if (users === undefined || campaigns === undefined) throw new Error('no tables');

test('a good plan has no finding that blocks', () => {
  expect(planFindings(plan, catalogueOf(tables)).filter(({ severity }) => severity === 'blocks')).toEqual([]);
});

test('a pattern of several entities names all that can lie in its part of the partition', () => {
  const beside = entity('NOTE', { key: { PK: 'USER#{user_id}' } });
  expect(findings(beside)).toContainEqual(expect.objectContaining({ name: 'pattern-incomplete', severity: 'blocks' }));
  const named = { ...beside, patterns: { userWithSessions: { entity: ['USER', 'SESSION', 'NOTE'] } } };
  expect(findings(named).map(({ name }) => name)).not.toContain('pattern-incomplete');
});

const ties = (change: Json) => findings(change).filter(({ name }) => name === 'pattern-ties');

test('a pattern over index keys that rows may share is warned of, unless they hold the identity or a unique value', () => {
  expect(ties({})).toEqual([]);
  expect(ties(entity('CAMPAIGN', { indexes: { GSI1: { SK: 'CAMPAIGN#{title}' } } }))).toMatchObject([
    { severity: 'warns', path: 'patterns.campaignsByTitle.index', remedy: expect.stringContaining('end with #{id}') },
  ]);
  const byName = { indexes: { GSI1: { SK: 'USER#{name}' } } };
  expect(ties(entity('USER', { ...byName, unique: { email: '{email|lower}' } }))).toEqual([]);
  expect(ties(entity('USER', { ...byName, unique: { email: '{email}' } }))).toHaveLength(1);
});

test.each<[string, Readonly<Record<string, TableText>>]>([
  ['identity-missing', { users: { ...users, primaryKey: [], uniqueKeys: [['email']] } }],
  [
    'default-missing',
    {
      users: {
        ...users,
        columns: { ...users.columns, name: { type: 'text', hasDefault: true, defaultExpression: "'x'" } },
      },
    },
  ],
  ['column-generated', { users: { ...users, columns: { ...users.columns, name: { type: 'text', generated: true } } } }],
  ['number-as-text', { users: { ...users, columns: { ...users.columns, name: 'numeric' } } }],
  [
    'number-as-text',
    { users: { ...users, columns: { ...users.columns, name: { type: 'numeric', precision: 39, scale: 0 } } } },
  ],
  [
    'number-as-text',
    { users: { ...users, columns: { ...users.columns, name: { type: 'numeric[]', precision: 5, scale: 131 } } } },
  ],
  ['column-name', { users: { ...users, columns: { ...users.columns, ['__proto__']: 'text' } } }],
  ['type-unfaithful', { users: { ...users, columns: { ...users.columns, name: 'regclass' } } }],
  ['type-oid', { users: { ...users, columns: { ...users.columns, name: 'oid' } } }],
  ['type-locale', { users: { ...users, columns: { ...users.columns, name: 'money' } } }],
  ['type-as-text', { users: { ...users, columns: { ...users.columns, name: 'tsvector' } } }],
  ['unique-missing', { users: { ...users, uniqueKeys: [['email'], ['name', 'email']] } }],
  ['attribute-taken', { users: { ...users, columns: { ...users.columns, PK: 'text' } } }],
])('%s is found in the schema alone', (name, change) => {
  expect(findings({}, change).map((found) => found.name)).toContain(name);
});

test('columns that draw from one sequence are named: each gets a counter of its own', () => {
  const drawn = { type: 'int8', hasDefault: true, defaultExpression: "nextval('numbers'::regclass)" };
  const found = findings(
    { entities: { USER: { defaults: { number: 'counter' } }, CAMPAIGN: { defaults: { number: 'counter' } } } },
    {
      users: { ...users, columns: { ...users.columns, number: drawn } },
      campaigns: { ...campaigns, columns: { ...campaigns.columns, number: drawn } },
    },
  ).filter(({ name }) => name === 'sequence-shared');
  expect(found).toMatchObject([
    { severity: 'warns', path: 'entities.USER.defaults.number', evidence: expect.stringContaining('campaigns.number') },
    { severity: 'warns', path: 'entities.CAMPAIGN.defaults.number', evidence: expect.stringContaining('users.number') },
  ]);
  const alone = { users: { ...users, columns: { ...users.columns, number: drawn } } };
  expect(findings(entity('USER', { defaults: { number: 'counter' } }), alone).map(({ name }) => name)).not.toContain(
    'sequence-shared',
  );
});

test('a followed path is no longer than a name of PostgreSQL, which would cut it', () => {
  const owner = 'o'.repeat(52);
  const columns = { ...campaigns.columns, [owner]: 'uuid' };
  const found = findings(entity('SESSION', { indexes: { GSI2: { PK: `OPEN#{campaign_id.${owner}}` } } }), {
    campaigns: { ...campaigns, columns },
  });
  expect(found.filter(({ name }) => name === 'follow-too-long')).toMatchObject([
    { severity: 'blocks', path: 'entities.SESSION.indexes.GSI2.PK', evidence: expect.stringContaining('64 bytes') },
  ]);
});

test('an identity of the plan has to be NOT NULL and unique', () => {
  const bare = { users: { ...users, primaryKey: [], uniqueKeys: [['email']] } };
  const chosen = entity('USER', {
    identity: ['email'],
    key: { PK: 'USER#{email}', SK: 'USER#{email}' },
    unique: { email: undefined },
  });
  expect(findings(chosen, bare).filter(({ severity }) => severity === 'blocks')).toEqual([]);
  const loose = entity('USER', { identity: ['settings', 'name'] });
  expect(findings(loose, bare).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['identity-nullable', 'identity-not-unique']),
  );
});

test('a stricter unique value and a moving key are said, and block nothing', () => {
  expect(findings(entity('USER', { unique: { email: '{email|lower}' } }))).toContainEqual(
    expect.objectContaining({ name: 'unique-stricter', severity: 'warns' }),
  );
  expect(findings({})).toContainEqual(
    expect.objectContaining({ name: 'key-moves', entity: 'SESSION', severity: 'informs' }),
  );
});

test('a path over several hops needs every column on it to be immutable', () => {
  const path = entity('SESSION', { indexes: { GSI2: { PK: 'OPEN#{campaign_id.owner_id.email}' } } });
  const mutable = findings(path).filter(({ name }) => name === 'follow-mutable');
  expect(mutable.map(({ remedy }) => remedy).join(' ')).toMatch(/email in `immutable` of USER/);
  const fixed: Json = {
    entities: {
      SESSION: { indexes: { GSI2: { PK: 'OPEN#{campaign_id.owner_id.email}' } } },
      USER: { immutable: ['email'] },
    },
  };
  expect(findings(fixed).filter(({ name }) => name === 'follow-mutable')).toEqual([]);
  expect(
    findings({
      ...fixed,
      entities: {
        SESSION: { indexes: { GSI2: { PK: 'OPEN#{campaign_id.owner_id.email}' } } },
        USER: { immutable: ['email'] },
        CAMPAIGN: { immutable: [] },
      },
    }).map(({ name }) => name),
  ).toContain('follow-mutable');
});

test.each([
  ['text', 'NAME#{name}', /a value that makes the key too long is refused/],
  ['text', '{name}', /an empty value, or a value that makes the key too long is refused/],
  [{ type: 'varchar', length: 40 }, '{name}', /an empty value is refused/],
  [{ type: 'varchar', length: 40 }, 'NAME#{name}', null],
  ['int4', '{name}', null],
] as const)('what a key may refuse of a column of %j in %s', (name, PK, evidence) => {
  const change = entity('USER', { indexes: { GSI2: { PK, SK: 'USER#{id}' } } });
  const found = findings(change, { users: { ...users, columns: { ...users.columns, name } } }).find(
    (one) => one.name === 'key-text' && one.path === 'entities.USER.indexes.GSI2.PK',
  );
  expect(found?.evidence ?? null).toEqual(evidence === null ? null : expect.stringMatching(evidence));
});

test('a mapping is not made of a plan that blocks, and the error names the first place', () => {
  const broken = planSchema.parse(merged(planText, { exclude: { states: undefined } }));
  expect(() => compilePlan(broken, catalogueOf(tables), {})).toThrow(PlanError);
  expect(() => compilePlan(broken, catalogueOf(tables), {})).toThrow(
    /plan.json: entities: table states is neither mapped nor excluded/,
  );
});

test.each<[string, string, Json, Readonly<Record<string, TableText>>]>([
  ['column-omitted', 'informs', {}, {}],
  ['table-excluded', 'informs', {}, {}],
  ['table-undecided', 'warns', { exclude: { states: 'DECIDE: it has no primary key' } }, {}],
  ['key-text', 'informs', {}, {}],
  ['where-partial', 'warns', {}, {}],
  [
    'index-nullable',
    'informs',
    entity('USER', { indexes: { GSI2: { PK: 'TAG#{settled}', SK: 'USER#{id}' } } }),
    {
      users: { ...users, columns: { ...users.columns, settled: 'text?' } },
    },
  ],
  ['index-unused', 'warns', { table: { indexes: ['GSI1', 'GSI2', 'GSI3'] } }, {}],
  ['unique-unproven', 'warns', entity('USER', { unique: { name: '{name}' } }), {}],
  ['expires', 'informs', entity('USER', { expires: 'created_at' }), {}],
  ['number-as-text', 'informs', {}, { users: { ...users, columns: { ...users.columns, name: 'float8' } } }],
  [
    'default-generated',
    'blocks',
    entity('USER', { defaults: { name: { constant: 'x' } } }),
    {
      users: { ...users, columns: { ...users.columns, name: { type: 'text', generated: true } } },
    },
  ],
])('%s %s', (name, severity, change, more) => {
  expect(findings(change, more)).toContainEqual(expect.objectContaining({ name, severity }));
});
