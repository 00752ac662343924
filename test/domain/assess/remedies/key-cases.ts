import { tables } from '../../campaigns.ts';
import { changed, typed } from '../../plan-check/remedies/edits.ts';
import { alone, type Case, inDatabase, inPlan, keyFacts, NOTHING, user } from './case.ts';

const met = { rows: 2, example: '["1"]' };
const tooLong = { maxBytes: 2100, tooLong: 1, worst: '["1"]' };
const COLUMNS = tables['users']?.columns ?? {};
const LINKED = { ...COLUMNS, url: 'text' };
const EMAIL = { email: '{email}' };

/** Findings on keys. */
export const KEY_CASES: readonly Case[] = [
  {
    finding: 'key-duplicate',
    broken: {
      tables: typed({ code: 'text' }),
      user: { duplicates: [{ at: 'key', keys: 1, rows: 2, example: '["1"]' }] },
    },
    remedies: [
      inDatabase({ user: { duplicates: [] } }),
      inPlan({
        plan: user({
          identity: ['email'],
          key: { PK: 'USER#{email}', SK: 'USER#{email}' },
          unique: { email: undefined, id: '{id}' },
        }),
        user: { duplicates: [] },
      }),
    ],
  },
  {
    // Stricter than PostgreSQL's index.
    finding: 'key-duplicate',
    broken: {
      plan: user({ unique: { email: '{email|lower}' } }),
      user: { duplicates: [{ at: 'unique.email', keys: 1, rows: 2, example: '["1"]' }] },
    },
    remedies: [
      inDatabase({ user: { duplicates: [] } }),
      inPlan({ plan: user({ unique: EMAIL }), user: { duplicates: [] } }),
    ],
  },
  {
    // Without an index in PostgreSQL.
    finding: 'key-duplicate',
    broken: {
      plan: user({ unique: { ...EMAIL, name: '{name}' } }),
      user: { duplicates: [{ at: 'unique.name', keys: 1, rows: 2, example: '["1"]' }] },
    },
    remedies: [inPlan({ plan: user({ unique: { name: undefined } }), user: { duplicates: [] } })],
  },
  {
    finding: 'key-fold-differs',
    broken: { user: { folds: [{ at: 'indexes.GSI1.PK', path: 'email', ...met }] } },
    remedies: [NOTHING, inDatabase({ user: { folds: [] } })],
  },
  {
    finding: 'key-null',
    broken: {
      tables: typed({ team: 'text?' }),
      plan: user({ key: { SK: 'USER#{team}#{id}' } }),
      user: keyFacts('key.SK', { path: 'team', nulls: met }),
    },
    remedies: [
      inDatabase({ tables: typed({ team: 'text' }), user: { keys: [] } }),
      inPlan({ plan: user({ key: { SK: 'USER#{id}' } }), user: { keys: [] } }),
    ],
  },
  {
    finding: 'key-too-long',
    says: /shorten its values/,
    broken: {
      tables: changed('users', { columns: LINKED, primaryKey: ['url'], uniqueKeys: [['email'], ['id']] }),
      plan: user({ key: { PK: 'USER#{url}', SK: 'USER#{url}' }, unique: { id: '{id}' } }),
      user: keyFacts('key.SK', { path: 'url' }, tooLong),
    },
    remedies: [
      inDatabase({ user: { keys: [] } }),
      inDatabase({
        tables: changed('users', { columns: LINKED, primaryKey: ['id'] }),
        plan: user({ key: { PK: 'USER#{id}', SK: 'USER#{id}' }, unique: { id: undefined } }),
        user: { keys: [] },
      }),
    ],
  },
  {
    finding: 'key-too-long',
    says: /Use a shorter column/,
    broken: {
      tables: typed({ url: 'text' }),
      plan: user({ key: { SK: 'USER#{url}#{id}' } }),
      user: keyFacts('key.SK', { path: 'url' }, tooLong),
    },
    remedies: [inPlan({ plan: user({ key: { SK: 'USER#{id}' } }), user: { keys: [] } })],
  },
  {
    finding: 'key-too-long',
    says: /Use a shorter column/,
    broken: {
      plan: user({ indexes: { GSI1: { PK: 'EMAIL#{email|lower}', SK: 'USER#{name}#{id}' } } }),
      user: keyFacts('indexes.GSI1.SK', { path: 'name' }, tooLong),
    },
    remedies: [inPlan({ plan: user({ indexes: { GSI1: { SK: 'USER#{id}' } } }), user: { keys: [] } })],
  },
  {
    finding: 'key-too-long',
    says: /a hash/,
    broken: { user: keyFacts('unique.email', { path: 'email' }, tooLong) },
    remedies: [
      inDatabase({ user: { keys: [] } }),
      inDatabase({
        tables: changed('users', { columns: { ...COLUMNS, email_hash: 'text' }, uniqueKeys: [['email_hash']] }),
        plan: user({ unique: { email: undefined, email_hash: '{email_hash}' } }),
        user: { keys: [] },
      }),
    ],
  },
  {
    finding: 'key-empty',
    says: /or make it NULL$/,
    broken: {
      plan: user({ indexes: { GSI2: { PK: '{name}', SK: 'USER#{id}' } } }),
      user: keyFacts('indexes.GSI2.PK', { path: 'name', empties: met }),
    },
    remedies: [
      inPlan({ plan: user({ indexes: { GSI2: { PK: 'NAME#{name}' } } }), user: { keys: [] } }),
      inDatabase({ user: { keys: [] } }),
      inDatabase({ tables: typed({ name: 'text?' }), user: { keys: [] } }),
    ],
  },
  {
    finding: 'key-empty',
    says: /or fill the value$/,
    broken: {
      plan: alone({ key: { PK: '{name}' } }),
      user: keyFacts('key.PK', { path: 'name', empties: met }),
    },
    remedies: [
      inPlan({ plan: user({ key: { PK: 'NAME#{name}' } }), user: { keys: [] } }),
      inDatabase({ user: { keys: [] } }),
    ],
  },
  {
    finding: 'key-value-refused',
    broken: {
      plan: user({ key: { SK: 'USER#{created_at}#{id}' } }),
      user: keyFacts('key.SK', { path: 'created_at', refused: met }),
    },
    remedies: [
      inDatabase({ user: { keys: [] } }),
      inPlan({ plan: user({ key: { SK: 'USER#{id}' } }), user: { keys: [] } }),
    ],
  },
  {
    finding: 'key-value-refused',
    broken: {
      plan: user({ indexes: { GSI2: { PK: 'ALL', SK: 'USER#{created_at}#{id}' } } }),
      user: keyFacts('indexes.GSI2.SK', { path: 'created_at', refused: met }),
    },
    remedies: [
      inDatabase({ tables: typed({ created_at: 'timestamptz?' }), user: { keys: [] } }),
      inPlan({ plan: user({ indexes: { GSI2: { SK: 'USER#{id}' } } }), user: { keys: [] } }),
    ],
  },
];
