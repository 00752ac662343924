import { typed } from '../../plan-check/remedies/edits.ts';
import { alone, type Case, inDatabase, inPlan, keyFacts, NOTHING, user } from './case.ts';

const met = { rows: 2, example: '["1"]' };
const owner = { owner: '1', rows: 20_000, bytes: 9_000_000 };
const large = { largest: { row: '["1"]', bytes: 300_000 }, large: 1 };
const tooLarge = { largest: { row: '["1"]', bytes: 500_000 }, large: 1, tooLarge: 1 };
const sizes = { largest: { row: '["1"]', bytes: 400 }, large: 0, tooLarge: 0 };

/** Findings on rows and searches. */
export const ROW_CASES: readonly Case[] = [
  {
    finding: 'item-too-large',
    broken: { user: tooLarge, tables: typed({ bio: 'text', history: 'jsonb' }) },
    remedies: [
      inPlan({ plan: user({ large: { bio: { pointer: 'bioKey', over: 1000 } } }), user: sizes }),
      inPlan({ plan: user({ omit: ['password_hash', 'history'] }), user: sizes }),
      inDatabase({
        tables: typed({ bio: 'text', history: 'text' }),
        plan: user({ large: { history: { pointer: 'historyKey' } } }),
        user: sizes,
      }),
    ],
  },
  {
    finding: 'item-large',
    broken: { user: large, tables: typed({ bio: 'text' }) },
    remedies: [NOTHING, inPlan({ plan: user({ large: { bio: { pointer: 'bioKey', over: 1000 } } }), user: sizes })],
  },
  {
    finding: 'number-out-of-range',
    broken: {
      tables: typed({ score: 'numeric' }),
      user: { numbers: [{ column: 'score', exact: true, ...met }] },
    },
    remedies: [
      inDatabase({ user: { numbers: [] } }),
      inDatabase({ tables: typed({ score: 'text' }), user: { numbers: [] } }),
      inPlan({ plan: user({ omit: ['password_hash', 'score'] }), user: { numbers: [] } }),
    ],
  },
  {
    finding: 'number-out-of-range',
    broken: {
      tables: typed({ score: 'float8' }),
      user: { numbers: [{ column: 'score', exact: false, ...met }] },
    },
    remedies: [NOTHING, inDatabase({ user: { numbers: [] } })],
  },
  {
    finding: 'where-none',
    broken: { facts: { splits: [{ table: 'sessions', none: 2, several: 0 }] } },
    remedies: [
      inDatabase({ facts: { splits: [] } }),
      inPlan({
        plan: {
          entities: {
            DRAFT: { from: 'sessions', where: { kind: 'draft' }, key: { PK: 'DRAFTS#{user_id}', SK: 'DRAFT#{id}' } },
          },
        },
        facts: { splits: [] },
      }),
    ],
  },
  {
    finding: 'where-several',
    broken: {
      plan: { entities: { NOTE: { where: { kind: undefined, transcript: null } } } },
      facts: { splits: [{ table: 'sessions', none: 0, several: 2 }] },
    },
    remedies: [
      inPlan({
        plan: { entities: { NOTE: { where: { kind: 'note', transcript: undefined } } } },
        facts: { splits: [] },
      }),
    ],
  },
  {
    finding: 'index-sparse',
    broken: {
      tables: typed({ team: 'text?' }),
      plan: user({ indexes: { GSI2: { PK: 'TEAM#{team}', SK: 'USER#{id}' } } }),
      user: keyFacts('indexes.GSI2.PK', { path: 'team', nulls: met }),
    },
    remedies: [NOTHING],
  },
  {
    finding: 'owner-heavy',
    broken: {
      tables: typed({ team: 'text' }),
      plan: alone({ key: { PK: 'TEAM#{team}' } }),
      user: { owners: { count: 3, past: 0, top: [owner] } },
    },
    remedies: [
      inPlan({
        plan: user({ shard: { by: 'id', over: 1000, into: 8 } }),
        user: { owners: { count: 3, past: 1, top: [owner] } },
      }),
      inPlan({
        plan: user({ key: { PK: 'TEAM#{team}#{id}' } }),
        user: { owners: { count: 20_000, past: 0, top: [] } },
      }),
    ],
  },
  {
    finding: 'owner-sharded',
    broken: {
      tables: typed({ team: 'text' }),
      plan: alone({ key: { PK: 'TEAM#{team}' }, shard: { by: 'id', over: 1000, into: 8 } }),
      user: { owners: { count: 3, past: 1, top: [owner] } },
    },
    remedies: [NOTHING],
  },
  {
    finding: 'search-filters',
    broken: { facts: { searches: [{ pattern: 'campaignsByTitle', owner: '1', items: 5_000, bytes: 9_000 }] } },
    remedies: [
      NOTHING,
      inPlan({
        plan: {
          entities: { CAMPAIGN: { indexes: { GSI1: { SK: 'CAMPAIGN#{budget}#{id}' } } } },
          patterns: { campaignsByTitle: { SK: 'CAMPAIGN#', prefix: undefined, range: 'budget', filter: undefined } },
        },
      }),
      inPlan({
        plan: {
          entities: { CAMPAIGN: { indexes: { GSI1: { SK: 'CAMPAIGN#{budget}#{id}' } } } },
          patterns: { campaignsByTitle: { SK: 'CAMPAIGN#{budget}#', prefix: undefined, filter: undefined } },
        },
      }),
    ],
  },
  {
    // A filter reads everything, whatever the limit.
    finding: 'search-costs',
    says: /^fix more/,
    broken: { facts: { searches: [{ pattern: 'campaignsByTitle', owner: '1', items: 50, bytes: 900_000 }] } },
    remedies: [
      NOTHING,
      inPlan({
        plan: { patterns: { campaignsByTitle: { SK: 'CAMPAIGN#{title}#', prefix: undefined } } },
        facts: { searches: [{ pattern: 'campaignsByTitle', owner: '1', items: 2, bytes: 36_000 }] },
      }),
      inPlan({
        tables: typed({ pitch: 'text' }, 'campaigns'),
        plan: { entities: { CAMPAIGN: { large: { pitch: { pointer: 'pitchKey', over: 1000 } } } } },
        facts: { searches: [{ pattern: 'campaignsByTitle', owner: '1', items: 50, bytes: 9_000 }] },
      }),
    ],
  },
  {
    finding: 'search-costs',
    says: /^Add a `limit`/,
    broken: { facts: { searches: [{ pattern: 'userWithSessions', owner: '1', items: 500, bytes: 900_000 }] } },
    remedies: [inPlan({ plan: { patterns: { userWithSessions: { limit: 20 } } } })],
  },
  {
    finding: 'search-costs',
    says: /^Lower the `limit`/,
    broken: {
      plan: { patterns: { openSessions: { limit: 400 } } },
      facts: { searches: [{ pattern: 'openSessions', owner: '1', items: 500, bytes: 900_000 }] },
    },
    remedies: [inPlan({ plan: { patterns: { openSessions: { limit: 20 } } } })],
  },
];
