import { entity, type Json } from '../broken-plans/change.ts';
import { AUTH, collation, type Remedy, session, stateEntity, typed, user } from './edits.ts';

const german = { name: 'de-x-icu', deterministic: true };
const drawn = { type: 'int8', hasDefault: true, defaultExpression: "nextval('numbers'::regclass)" };
const numbered = (entities: Json): Json => ({ entities });
const LONG = 'o'.repeat(52);

/** Findings on patterns, settings, templates and unique values. */
export const PLAN_REMEDIES: readonly Remedy[] = [
  ['pattern-collation', { tables: typed({ title: { type: 'text', collation: german } }, 'campaigns') }, null],
  [
    'entity-unknown',
    { plan: { patterns: { userByEmail: { entity: 'USR' } } } },
    { plan: { patterns: { userByEmail: { entity: 'USER' } } } },
  ],
  [
    'pattern-partition',
    { plan: { patterns: { userWithSessions: { entity: ['USER', 'CAMPAIGN'] } } } },
    { plan: { patterns: { userWithSessions: { entity: ['USER', 'SESSION'] } } } },
  ],
  [
    'pattern-ties',
    { plan: entity('CAMPAIGN', { indexes: { GSI1: { SK: 'CAMPAIGN#{title}' } } }) },
    { plan: entity('CAMPAIGN', { indexes: { GSI1: { SK: 'CAMPAIGN#{title}#{id}' } } }) },
  ],
  [
    'pattern-incomplete',
    { plan: entity('NOTE', { key: { PK: 'USER#{user_id}' } }) },
    { plan: { patterns: { userWithSessions: { entity: ['USER', 'SESSION', 'NOTE'] } } } },
  ],
  ['template-malformed', user({ key: { PK: 'USER-{id}' } }), user({ key: { PK: 'USER#{id}' } })],
  ['template-malformed', user({ key: { PK: 'USER##{id}' } }), user({ key: { PK: 'USER#{id}' } })],
  [
    'template-malformed',
    { plan: { patterns: { openSessions: { SK: 'SESSION#{' } } } },
    { plan: { patterns: { openSessions: { SK: 'SESSION#' } } } },
  ],
  [
    'pattern-prefix',
    { plan: { patterns: { sessionsOfCampaign: { SK: 'SESSION#{id}#' } } } },
    { plan: { patterns: { sessionsOfCampaign: { SK: 'SESSION#{campaign_id}#{id}' } } } },
  ],
  [
    'pattern-next',
    { plan: { patterns: { openSessions: { range: 'ended_at' } } } },
    { plan: { patterns: { openSessions: { range: 'started_at' } } } },
  ],
  [
    'pattern-next',
    { plan: { patterns: { userWithSessions: { range: 'id' } } } },
    { plan: { patterns: { userWithSessions: { range: undefined } } } },
  ],
  [
    'pattern-next',
    { plan: { patterns: { campaignsByTitle: { range: 'title' } } } },
    { plan: { patterns: { campaignsByTitle: { range: undefined } } } },
  ],
  [
    'pattern-prefix-type',
    { plan: { patterns: { openSessions: { range: undefined, prefix: 'started_at' } } } },
    { plan: { patterns: { openSessions: { prefix: undefined, range: 'started_at' } } } },
  ],
  [
    'pattern-range-type',
    {
      ...session({ indexes: { GSI2: { SK: 'SESSION#{place}#{id}' } } }),
      tables: typed({ place: 'text[]' }, 'sessions'),
      plan: {
        entities: { SESSION: { indexes: { GSI2: { SK: 'SESSION#{place}#{id}' } } } },
        patterns: { openSessions: { range: 'place' } },
      },
    },
    { plan: { patterns: { openSessions: { range: undefined } } } },
  ],
  [
    'pattern-filter',
    { plan: { patterns: { userByEmail: { filter: ['tags'] } } } },
    { plan: { patterns: { userByEmail: { filter: ['name'] } } } },
  ],
  [
    'pattern-filter',
    { plan: { patterns: { userByEmail: { filter: ['name'] } } }, tables: typed({ name: { type: 'text', collation } }) },
    {
      plan: {
        entities: { USER: { indexes: { GSI2: { PK: 'NAME#{name|lower}', SK: 'USER#{id}' } } } },
        patterns: { userByEmail: { filter: undefined } },
      },
    },
  ],
  [
    'sequence-shared',
    {
      plan: numbered({ USER: { defaults: { number: 'counter' } }, CAMPAIGN: { defaults: { number: 'counter' } } }),
      tables: { ...typed({ number: drawn }), ...typed({ number: drawn }, 'campaigns') },
    },
    {
      plan: numbered({ USER: { defaults: { number: 'uuid' } }, CAMPAIGN: { defaults: { number: 'uuid' } } }),
      tables: { ...typed({ number: 'uuid' }), ...typed({ number: 'uuid' }, 'campaigns') },
    },
  ],
  ['table-unknown', user({ from: 'user' }), user({ from: 'users' })],
  ['table-unknown', { plan: { exclude: { state: 'x' } } }, { plan: { exclude: { state: undefined } } }],
  ['table-unknown', { plan: { auth: { ...AUTH, from: 'usrs' } } }, { plan: { auth: AUTH } }],
  ['stages-order', { plan: { cutover: { stages: [50, 10, 100] } } }, { plan: { cutover: { stages: [10, 50, 100] } } }],
  [
    'index-many',
    { plan: { table: { indexes: Array.from({ length: 21 }, (_, at) => `GSI${at + 1}`) } } },
    { plan: { table: { indexes: ['GSI1', 'GSI2'] } } },
  ],
  [
    'index-twice',
    { plan: { table: { indexes: ['GSI1', 'GSI2', 'GSI1'] } } },
    { plan: { table: { indexes: ['GSI1', 'GSI2'] } } },
  ],
  [
    'index-unused',
    { plan: { table: { indexes: ['GSI1', 'GSI2', 'GSI3'] } } },
    { plan: { table: { indexes: ['GSI1', 'GSI2'] } } },
  ],
  [
    'index-name',
    { plan: { table: { indexes: ['GSI1', 'GSI2', 'a b'] } } },
    { plan: { table: { indexes: ['GSI1', 'GSI2', 'a_b'] } } },
  ],
  [
    'size-over-item',
    { plan: { sizes: { maxInlineBytes: 500_000 } } },
    { plan: { sizes: { maxInlineBytes: 102_400 } } },
  ],
  ['schema-name', { plan: { source: { schema: 'my.schema' } } }, { plan: { source: { schema: 'my_schema' } } }],
  [
    'entity-reserved',
    {
      plan: {
        exclude: { states: undefined },
        entities: { UNIQUE: { from: 'states', key: { PK: 'S#{code}', SK: 'UNIQUE#{code}' } } },
      },
    },
    {
      plan: { entities: { UNIQUE: undefined, STATE: { from: 'states', key: { PK: 'S#{code}', SK: 'STATE#{code}' } } } },
    },
  ],
  [
    'table-undecided',
    { plan: { exclude: { states: 'DECIDE: it has no primary key' } } },
    { plan: { exclude: { states: 'static list' } } },
  ],
  ['table-twice', { plan: { exclude: { users: 'x' } } }, { plan: { exclude: { users: undefined } } }],
  ['table-excluded', {}, null],
  ['table-unmapped', { plan: { exclude: { states: undefined } } }, { plan: stateEntity() }],
  [
    'where-overlaps',
    { plan: entity('NOTE', { where: { kind: 'play' } }) },
    { plan: entity('NOTE', { where: { kind: 'note' } }) },
  ],
  ['identity-differs', session({ identity: ['user_id', 'id'] }), session({ identity: undefined })],
  ['where-partial', {}, null],
  [
    'key-collation',
    { tables: typed({ email: { type: 'citext', typeSchema: 'public' } }) },
    user({ unique: { email: '{email|lower}' } }),
  ],
  [
    'key-fold',
    { ...user({ unique: { email: '{email|lower}' } }), tables: typed({ email: { type: 'text', collation } }) },
    null,
  ],
  [
    'follow-too-long',
    {
      ...session({ indexes: { GSI2: { PK: `OPEN#{campaign_id.${LONG}}` } } }),
      plan: {
        entities: {
          SESSION: { indexes: { GSI2: { PK: `OPEN#{campaign_id.${LONG}}` } } },
          CAMPAIGN: { immutable: ['owner_id', LONG] },
        },
      },
      tables: typed({ [LONG]: 'uuid' }, 'campaigns'),
    },
    { ...session({ indexes: { GSI2: { PK: 'OPEN#{owner}' } } }), tables: typed({ owner: 'uuid' }, 'sessions') },
  ],
  [
    'key-type',
    user({ indexes: { GSI1: { SK: 'USER#{settings}' } } }),
    user({ indexes: { GSI1: { SK: 'USER#{id}' } } }),
  ],
  [
    'key-type',
    user({ indexes: { GSI1: { SK: 'USER#{id|lower}' } } }),
    user({ indexes: { GSI1: { SK: 'USER#{id}' } } }),
  ],
  [
    'large-in-key',
    session({ indexes: { GSI2: { SK: 'SESSION#{transcript}' } } }),
    session({ indexes: { GSI2: { SK: 'SESSION#{started_at}#{id}' } } }),
  ],
  [
    'follow-no-foreign-key',
    session({ indexes: { GSI2: { PK: 'OPEN#{started_at.owner_id}' } } }),
    session({ indexes: { GSI2: { PK: 'OPEN#{campaign_id.owner_id}' } } }),
  ],
  ['unique-name', user({ unique: { 'a#b': '{email}' } }), user({ unique: { 'a#b': undefined } })],
  [
    'follow-in-unique',
    { plan: entity('CAMPAIGN', { unique: { owner: '{owner_id.email}' } }) },
    { plan: entity('CAMPAIGN', { unique: { owner: undefined } }) },
  ],
  ['unique-missing', user({ unique: { email: undefined } }), user({ unique: { email: '{email}' } })],
  [
    'unique-missing',
    user({ identity: ['email'], key: { PK: 'USER#{email}', SK: 'USER#{email}' }, unique: { email: undefined } }),
    user({ unique: { id: '{id}' } }),
  ],
  ['unique-unproven', user({ unique: { name: '{name}' } }), null],
  ['unique-stricter', user({ unique: { email: '{email|lower}' } }), null],
];
