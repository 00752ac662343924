import { entity } from '../broken-plans/change.ts';
import { AUTH, changed, collation, type Remedy, session, stateEntity, typed, user } from './edits.ts';

/** Findings on tables, columns and keys. */
export const COLUMN_REMEDIES: readonly Remedy[] = [
  ['attribute-taken', user({ rename: { name: 'email' } }), user({ rename: { name: 'displayName' } })],
  ['column-omitted', {}, null],
  ['column-name', { tables: typed({ ['__proto__']: 'text' }) }, user({ omit: ['password_hash', '__proto__'] })],
  [
    'number-as-text',
    { tables: typed({ name: 'numeric' }) },
    { tables: typed({ name: { type: 'numeric', precision: 38, scale: 2 } }) },
  ],
  ['number-as-text', { tables: typed({ name: 'float8' }) }, null],
  ['type-unfaithful', { tables: typed({ name: 'regclass' }) }, { tables: typed({ name: 'text' }) }],
  [
    'type-oid',
    { tables: typed({ scan: 'oid' }) },
    { ...user({ large: { scan: { pointer: 'scanKey' } } }), tables: typed({ scan: 'bytea' }) },
  ],
  [
    'type-locale',
    { tables: typed({ name: 'money' }) },
    { tables: typed({ name: { type: 'numeric', precision: 12, scale: 2 } }) },
  ],
  ['type-as-text', { tables: typed({ name: 'tsvector' }) }, null],
  [
    'child-column',
    { tables: changed('users', { childColumns: ['public.staff.badge'] }) },
    user({ omit: ['password_hash', 'public.staff.badge'] }),
  ],
  ['column-unknown', user({ omit: ['pasword_hash'] }), user({ omit: ['password_hash'] })],
  ['column-unknown', user({ key: { PK: 'USER#{uid}' } }), user({ key: { PK: 'USER#{id}' } })],
  ['column-unknown', { plan: { auth: { ...AUTH, passwordHash: 'password' } } }, { plan: { auth: AUTH } }],
  [
    'column-unknown',
    { plan: { patterns: { campaignsByTitle: { filter: ['budgt'] } } } },
    { plan: { patterns: { campaignsByTitle: { filter: ['budget'] } } } },
  ],
  [
    'condition-large',
    session({ indexes: { GSI2: { when: { transcript: 'a' } } } }),
    session({ indexes: { GSI2: { when: { transcript: undefined, ended_at: null } } } }),
  ],
  ['omitted-used', user({ expires: 'created_at', omit: ['created_at'] }), user({ omit: ['password_hash'] })],
  [
    'omitted-used',
    user({ large: { name: { pointer: 'p' } }, omit: ['name'] }),
    user({ omit: ['password_hash'], rename: { name: undefined } }),
  ],
  [
    'omitted-used',
    user({ indexes: { GSI1: { SK: 'USER#{password_hash}' } } }),
    user({ indexes: { GSI1: { SK: 'USER#{id}' } } }),
  ],
  [
    'condition-collation',
    {
      ...user({ indexes: { GSI1: { when: { name: 'x' } } } }),
      tables: typed({ name: { type: 'text', collation }, live: 'bool' }),
    },
    user({ indexes: { GSI1: { when: { name: undefined, live: true } } } }),
  ],
  [
    'condition-type',
    session({ indexes: { GSI2: { when: { started_at: 5 } } } }),
    session({ indexes: { GSI2: { when: { started_at: '2026-01-01T00:00:00Z' } } } }),
  ],
  ['large-type', user({ large: { tags: { pointer: 'p' } } }), user({ large: { tags: undefined } })],
  ['maps-type', user({ maps: ['name'] }), user({ maps: ['settings'] })],
  [
    'column-generated',
    { tables: typed({ name: { type: 'text', generated: true } }) },
    { tables: typed({ name: 'text' }) },
  ],
  [
    'default-generated',
    { ...user({ defaults: { name: { constant: 'x' } } }), tables: typed({ name: { type: 'text', generated: true } }) },
    user({ defaults: { name: undefined } }),
  ],
  [
    'default-missing',
    { tables: typed({ name: { type: 'text', hasDefault: true, defaultExpression: "'x'" } }) },
    user({ defaults: { name: { constant: 'x' } } }),
  ],
  ['default-type', user({ defaults: { name: 'now' } }), user({ defaults: { name: { constant: 'x' } } })],
  ['expires-type', user({ expires: 'name' }), user({ expires: 'created_at' })],
  ['expires', user({ expires: 'created_at' }), null],
  [
    'identity-missing',
    { tables: changed('users', { primaryKey: [] }) },
    user({ identity: ['email'], key: { PK: 'USER#{email}', SK: 'USER#{email}' } }),
  ],
  [
    'identity-type',
    { tables: changed('states', { columns: { code: 'float8' } }), plan: stateEntity() },
    {
      tables: changed('states', { columns: { code: 'float8', row_id: 'int8' }, uniqueKeys: [['row_id']] }),
      plan: entity('STATE', { identity: ['row_id'], key: { PK: 'STATE#{row_id}', SK: 'STATE#{row_id}' } }),
    },
  ],
  ['identity-type', { tables: typed({ id: { type: 'uuid', generated: true } }) }, { tables: typed({ id: 'uuid' }) }],
  [
    'key-generated',
    {
      ...session({ key: { SK: 'SESSION#{campaign_id}#{kind}#{id}' } }),
      tables: typed({ kind: { type: 'text', generated: true } }, 'sessions'),
    },
    { tables: typed({ kind: 'text' }, 'sessions') },
  ],
  [
    'follow-deferrable',
    {
      tables: changed('sessions', {
        foreignKeys: [
          {
            columns: ['campaign_id'],
            references: { table: 'campaigns', columns: ['id'] },
            deferrable: 'sessions_campaign',
          },
        ],
      }),
    },
    { tables: changed('sessions', {}) },
  ],
  [
    'partition-foreign',
    { tables: changed('users', { foreignLeaves: ['public.users_far'] }) },
    { tables: changed('users', {}) },
  ],
  [
    'identity-collation',
    { tables: changed('states', { columns: { code: { type: 'text', collation } } }), plan: stateEntity() },
    { tables: changed('states', { columns: { code: 'text' } }) },
  ],
  [
    'identity-nullable',
    {
      ...user({ identity: ['email'], key: { PK: 'USER#{email}', SK: 'USER#{email}' }, unique: { id: '{id}' } }),
      tables: typed({ email: 'text?' }),
    },
    { tables: typed({ email: 'text' }) },
  ],
  [
    'identity-not-unique',
    user({ identity: ['name'], key: { PK: 'USER#{name}', SK: 'USER#{name}' } }),
    {
      ...user({ unique: { name: '{name}', id: '{id}' } }),
      tables: changed('users', { uniqueKeys: [['email'], ['name']] }),
    },
  ],
  [
    'index-unknown',
    user({ indexes: { GSI3: { PK: 'A#{id}', SK: 'B#{id}' } } }),
    user({ indexes: { GSI3: undefined, GSI2: { PK: 'A#{id}', SK: 'B#{id}' } } }),
  ],
  [
    'index-unknown',
    { plan: { patterns: { userByEmail: { index: 'GSI2' } } } },
    { plan: { patterns: { userByEmail: { index: 'GSI1' } } } },
  ],
  [
    'index-nullable',
    { ...user({ indexes: { GSI2: { PK: 'TAG#{settled}', SK: 'USER#{id}' } } }), tables: typed({ settled: 'text?' }) },
    null,
  ],
  [
    'follow-not-mapped',
    {
      plan: {
        entities: { CAMPAIGN: undefined },
        exclude: { campaigns: 'x' },
        patterns: { campaignsByTitle: undefined },
      },
    },
    {
      plan: {
        exclude: { campaigns: undefined },
        entities: {
          CAMPAIGN: { from: 'campaigns', key: { PK: 'CAMPAIGN#{id}', SK: 'CAMPAIGN#{id}' }, immutable: ['owner_id'] },
        },
      },
    },
  ],
  [
    'follow-unreachable',
    { plan: entity('CAMPAIGN', { key: { PK: 'OWNER#{owner_id}' } }) },
    { plan: entity('CAMPAIGN', { indexes: { GSI2: { PK: 'CAMPAIGN#{id}', SK: 'CAMPAIGN#{id}' } } }) },
  ],
  [
    'follow-mutable',
    { plan: entity('CAMPAIGN', { immutable: [] }) },
    { plan: entity('CAMPAIGN', { immutable: ['owner_id'] }) },
  ],
  ['key-entity', user({ key: { SK: 'PERSON#{id}' } }), user({ key: { SK: 'USER#{id}' } })],
  [
    'key-identity',
    session({ key: { SK: 'SESSION#{campaign_id}' }, shard: undefined }),
    session({ key: { SK: 'SESSION#{campaign_id}#{id}' } }),
  ],
  [
    'key-moves',
    {},
    { plan: { entities: { SESSION: { immutable: ['user_id', 'campaign_id'] }, NOTE: { immutable: ['user_id'] } } } },
  ],
  [
    'follow-in-base-key',
    session({ key: { PK: 'OWNER#{campaign_id.owner_id}' } }),
    {
      ...session({ key: { PK: 'OWNER#{owner}' } }),
      tables: typed({ owner: 'uuid' }, 'sessions'),
      plan: { entities: { SESSION: { key: { PK: 'OWNER#{owner}' } } }, patterns: { userWithSessions: undefined } },
    },
  ],
  [
    'key-nullable',
    session({ key: { SK: 'SESSION#{campaign_id}#{ended_at}#{id}' } }),
    { tables: typed({ ended_at: 'timestamptz' }, 'sessions') },
  ],
  ['key-text', {}, null],
  ['shard-by', session({ shard: { by: 'campaign_id' } }), session({ shard: { by: 'id' } })],
  ['shard-by', session({ key: { PK: 'SESSION#{id}' } }), session({ key: { PK: 'USER#{user_id}' } })],
];
