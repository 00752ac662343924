import { expect, test } from '@jest/globals';
import { PlanError } from '../../../src/domain/errors.ts';
import { compileMapping } from '../../../src/domain/mapping/mapping.ts';
import { planFindings } from '../../../src/domain/plan/check.ts';
import type { Finding } from '../../../src/domain/plan/finding.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
import { catalogueOf, plan, planText, tables, type TableText } from '../campaigns.ts';

type Json = Record<string, unknown>;

function merged(into: unknown, change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const result: Json = typeof into === 'object' && into !== null && !Array.isArray(into) ? { ...into } : {};
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

function findings(change: Json, more: Readonly<Record<string, TableText>> = {}): readonly Finding[] {
  return planFindings(planSchema.parse(merged(planText, change)), catalogueOf({ ...tables, ...more }));
}

const users = tables['users'];
const campaigns = tables['campaigns'];
if (users === undefined || campaigns === undefined) throw new Error('no tables');

test('a good plan has no finding that blocks', () => {
  expect(planFindings(plan, catalogueOf(tables)).filter(({ severity }) => severity === 'blocks')).toEqual([]);
});

const entity = (name: string, change: Json): Json => ({ entities: { [name]: change } });

test.each<[string, string, Json, RegExp]>([
  ['table-unmapped', 'entities', { exclude: { states: undefined } }, /states/],
  ['table-unknown', 'entities.USER.from', entity('USER', { from: 'user' }), /Did you mean users\?/],
  ['table-unknown', 'exclude.state', { exclude: { state: 'x' } }, /Did you mean states\?/],
  ['table-twice', 'exclude.users', { exclude: { users: 'x' } }, /Decide/],
  [
    'entity-reserved',
    'entities.UNIQUE',
    entity('UNIQUE', { from: 'states', key: { PK: 'S#{code}', SK: 'UNIQUE#{code}' } }),
    /another name/,
  ],
  ['where-overlaps', 'entities.SESSION.where', entity('SESSION', { where: undefined }), /different values/],
  ['where-overlaps', 'entities.NOTE.where', entity('NOTE', { where: { kind: 'play' } }), /different values/],
  [
    'column-unknown',
    'entities.USER.omit.0',
    entity('USER', { omit: ['pasword_hash'] }),
    /Did you mean password_hash\?/,
  ],
  ['column-unknown', 'entities.USER.key.PK', entity('USER', { key: { PK: 'USER#{uid}' } }), /id/],
  [
    'column-unknown',
    'entities.SESSION.indexes.GSI2.PK',
    entity('SESSION', { indexes: { GSI2: { PK: 'OPEN#{campaign_id.owner}' } } }),
    /owner_id/,
  ],
  ['template-malformed', 'entities.USER.key.PK', entity('USER', { key: { PK: 'USER-{id}' } }), /segment/],
  ['template-malformed', 'entities.USER.key.PK', entity('USER', { key: { PK: 'USER##{id}' } }), /text/],
  ['template-malformed', 'entities.USER.key.PK', entity('USER', { key: { PK: 'USER#{id}#SHARD' } }), /text/],
  ['key-entity', 'entities.USER.key.SK', entity('USER', { key: { SK: 'PERSON#{id}' } }), /USER#/],
  [
    'key-identity',
    'entities.SESSION.key',
    entity('SESSION', { key: { SK: 'SESSION#{campaign_id}' }, shard: undefined }),
    /identity/,
  ],
  [
    'key-nullable',
    'entities.SESSION.key.SK',
    entity('SESSION', { key: { SK: 'SESSION#{ended_at}#{id}' } }),
    /NOT NULL/,
  ],
  [
    'key-type',
    'entities.USER.indexes.GSI1.SK',
    entity('USER', { indexes: { GSI1: { SK: 'USER#{settings}' } } }),
    /another column/,
  ],
  [
    'key-type',
    'entities.USER.indexes.GSI1.SK',
    entity('USER', { indexes: { GSI1: { SK: 'USER#{id|lower}' } } }),
    /lower case/,
  ],
  [
    'large-in-key',
    'entities.SESSION.indexes.GSI2.SK',
    entity('SESSION', { indexes: { GSI2: { SK: 'SESSION#{transcript}' } } }),
    /another/,
  ],
  [
    'omitted-used',
    'entities.USER.indexes.GSI1.SK',
    entity('USER', { indexes: { GSI1: { SK: 'USER#{password_hash}' } } }),
    /Keep/,
  ],
  [
    'follow-in-base-key',
    'entities.SESSION.key.PK',
    entity('SESSION', { key: { PK: 'OWNER#{campaign_id.owner_id}' } }),
    /index keys/,
  ],
  ['follow-mutable', 'entities.SESSION.indexes.GSI2.PK', entity('CAMPAIGN', { immutable: [] }), /immutable/],
  [
    'follow-not-mapped',
    'entities.SESSION.indexes.GSI2.PK',
    { entities: { CAMPAIGN: undefined }, exclude: { campaigns: 'x' }, patterns: { campaignsByTitle: undefined } },
    /Map campaigns/,
  ],
  [
    'follow-no-foreign-key',
    'entities.SESSION.indexes.GSI2.PK',
    entity('SESSION', { indexes: { GSI2: { PK: 'OPEN#{started_at.owner_id}' } } }),
    /foreign keys/,
  ],
  [
    'index-unknown',
    'entities.USER.indexes.GSI3',
    entity('USER', { indexes: { GSI3: { PK: 'A#{id}', SK: 'B#{id}' } } }),
    /GSI1/,
  ],
  ['unique-missing', 'entities.USER.unique', entity('USER', { unique: { email: undefined } }), /"\{email\}"/],
  ['large-type', 'entities.USER.large.tags', entity('USER', { large: { tags: { pointer: 'p' } } }), /text and bytea/],
  ['maps-type', 'entities.USER.maps.0', entity('USER', { maps: ['name'] }), /jsonb/],
  [
    'condition-type',
    'entities.SESSION.indexes.GSI2.when.started_at',
    entity('SESSION', { indexes: { GSI2: { when: { started_at: 5 } } } }),
    /type/,
  ],
  [
    'condition-large',
    'entities.SESSION.indexes.GSI2.when.transcript',
    entity('SESSION', { indexes: { GSI2: { when: { transcript: 'a' } } } }),
    /inline/,
  ],
  ['default-type', 'entities.USER.defaults.name', entity('USER', { defaults: { name: 'now' } }), /rule/],
  ['expires-unsupported', 'entities.USER.expires', entity('USER', { expires: 'created_at' }), /Take it out/],
  ['shard-by', 'entities.SESSION.shard.by', entity('SESSION', { shard: { by: 'campaign_id' } }), /never changes/],
  ['attribute-taken', 'entities.USER.rename.name', entity('USER', { rename: { name: 'email' } }), /rename/],
  ['attribute-taken', 'entities.USER.rename.name', entity('USER', { rename: { name: 'GSI1PK' } }), /rename/],
  [
    'attribute-taken',
    'entities.SESSION.large.transcript.pointer',
    entity('SESSION', { large: { transcript: { pointer: '_v' } } }),
    /rename/,
  ],
  [
    'entity-unknown',
    'patterns.userByEmail.entity',
    { patterns: { userByEmail: { entity: 'USR' } } },
    /Did you mean USER\?/,
  ],
  ['index-unknown', 'patterns.userByEmail.index', { patterns: { userByEmail: { index: 'GSI2' } } }, /GSI1/],
  [
    'pattern-partition',
    'patterns.userWithSessions.entity',
    { patterns: { userWithSessions: { entity: ['USER', 'CAMPAIGN'] } } },
    /same form/,
  ],
  [
    'pattern-prefix',
    'patterns.sessionsOfCampaign.SK',
    { patterns: { sessionsOfCampaign: { SK: 'SESSION#{id}#' } } },
    /SESSION#\{campaign_id\}#\{id\}/,
  ],
  [
    'pattern-prefix',
    'patterns.sessionsOfCampaign.SK',
    { patterns: { sessionsOfCampaign: { SK: 'SESSION' } } },
    /SESSION#/,
  ],
  ['pattern-next', 'patterns.openSessions.range', { patterns: { openSessions: { range: 'ended_at' } } }, /started_at/],
  [
    'pattern-prefix-type',
    'patterns.openSessions.prefix',
    { patterns: { openSessions: { range: undefined, prefix: 'started_at' } } },
    /range/,
  ],
  [
    'column-unknown',
    'patterns.campaignsByTitle.filter.0',
    { patterns: { campaignsByTitle: { filter: ['budgt'] } } },
    /Did you mean budget\?/,
  ],
  [
    'pattern-filter',
    'patterns.userByEmail.filter.0',
    { patterns: { userByEmail: { filter: ['tags'] } } },
    /plain column/,
  ],
  ['stages-order', 'cutover.stages', { cutover: { stages: [50, 10, 100] } }, /rise/],
  ['stages-order', 'cutover.stages', { cutover: { stages: [10, 50] } }, /100/],
  [
    'table-unknown',
    'auth.from',
    { auth: { from: 'usrs', username: 'email', email: 'email', passwordHash: 'password_hash' } },
    /users/,
  ],
  [
    'column-unknown',
    'auth.passwordHash',
    { auth: { from: 'users', username: 'email', email: 'email', passwordHash: 'password' } },
    /password_hash/,
  ],
  ['index-twice', 'table.indexes', { table: { indexes: ['GSI1', 'GSI2', 'GSI1'] } }, /Take one out/],
])('%s blocks at %s', (name, path, change, remedy) => {
  const found = findings(change).filter((candidate) => candidate.name === name && candidate.path === path);
  expect(found[0]).toMatchObject({ severity: 'blocks' });
  expect(found.map((candidate) => candidate.remedy).join(' ')).toMatch(remedy);
});

test('a pattern of several entities names all that can lie in its part of the partition', () => {
  const beside = entity('NOTE', { key: { PK: 'USER#{user_id}' } });
  expect(findings(beside)).toContainEqual(expect.objectContaining({ name: 'pattern-incomplete', severity: 'blocks' }));
  const named = { ...beside, patterns: { userWithSessions: { entity: ['USER', 'SESSION', 'NOTE'] } } };
  expect(findings(named).map(({ name }) => name)).not.toContain('pattern-incomplete');
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
    'number-too-wide',
    { users: { ...users, columns: { ...users.columns, name: { type: 'numeric', precision: 39, scale: 0 } } } },
  ],
  [
    'number-too-wide',
    { users: { ...users, columns: { ...users.columns, name: { type: 'numeric[]', precision: 5, scale: 131 } } } },
  ],
  ['type-unfaithful', { users: { ...users, columns: { ...users.columns, name: 'regclass' } } }],
  ['type-oid', { users: { ...users, columns: { ...users.columns, name: 'oid' } } }],
  ['type-locale', { users: { ...users, columns: { ...users.columns, name: 'money' } } }],
  ['type-as-text', { users: { ...users, columns: { ...users.columns, name: 'tsvector' } } }],
  ['unique-missing', { users: { ...users, uniqueKeys: [['email'], ['name', 'email']] } }],
  ['attribute-taken', { users: { ...users, columns: { ...users.columns, PK: 'text' } } }],
])('%s is found in the schema alone', (name, change) => {
  expect(findings({}, change).map((found) => found.name)).toContain(name);
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

test('a mapping is not made of a plan that blocks, and the error names the first place', () => {
  const broken = planSchema.parse(merged(planText, { exclude: { states: undefined } }));
  expect(() => compileMapping(broken, catalogueOf(tables), {})).toThrow(PlanError);
  expect(() => compileMapping(broken, catalogueOf(tables), {})).toThrow(
    /plan.json: entities: table states is neither mapped nor excluded/,
  );
});
