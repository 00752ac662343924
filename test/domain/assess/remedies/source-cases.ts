import type { ConstraintFacts, RightsFacts, SourceFacts } from '../../../../src/domain/assess/facts.ts';
import { AUTH, stateEntity, typed } from '../../plan-check/remedies/edits.ts';
import { type Case, type Edit, inDatabase, inPlan, NOTHING, SOURCE, user } from './case.ts';

const constraint = (kind: ConstraintFacts['kind']): Edit => ({
  source: { constraints: [{ table: 'users', name: 'c', kind, definition: 'CHECK (true)' }] },
});
const NO_CONSTRAINT = inDatabase({ source: { constraints: [] } });

const trigger = (writes: boolean, changes: boolean): Edit => ({
  source: { triggers: [{ table: 'users', name: 't', function: 'f()', before: true, writes, changes }] },
});

const rights = (change: Partial<RightsFacts>): Edit => ({
  source: { rights: [{ table: 'users', truncate: [], ddl: [], lacks: [], hidden: false, unlogged: false, ...change }] },
});
const RIGHTS_CHANGED = inDatabase({ source: { rights: [] } });

const sequence = (change: Partial<SourceFacts['sequences'][number]>): Edit => ({
  tables: typed({ number: { type: 'int8', hasDefault: true, defaultExpression: "nextval('numbers'::regclass)" } }),
  source: {
    sequences: [{ name: 'numbers', table: 'users', column: 'number', last: '7', cycles: false, ...change }],
  },
});

const casting = (reads: boolean): Edit => ({
  tables: typed({ mood: 'text' }),
  source: {
    around: {
      ...SOURCE.around,
      casts: [{ table: 'users', column: 'mood', type: 'mood', function: 'label(mood)', reads }],
    },
  },
});

const keepLogins = (names: readonly string[]) => ({ decommission: { keepLogins: names } });
const login = (writes: boolean, lacks: readonly string[] = []) => [{ role: 'app', writes, lacks }];
const auth = (change: object) => ({ auth: { ...AUTH, ...change } });
const partitioned = {
  eventTriggers: [],
  partitioned: [{ table: 'users', key: 'RANGE (created_at)' }],
  mayFollow: true,
  schedulers: ['pg_partman'],
};
const HISTORY = { columns: { installed_rank: 'int4' }, primaryKey: ['installed_rank'] };

/** Findings on what surrounds the rows: triggers, rights, logins, sequences, statements. */
export const SOURCE_CASES: readonly Case[] = [
  {
    finding: 'cascade-writes',
    broken: {
      source: {
        cascades: [{ name: 'fk', from: 'sessions', to: 'users', onDelete: 'CASCADE', onUpdate: '', most: 500 }],
      },
    },
    remedies: [NOTHING],
  },
  { finding: 'identity-not-enforced', broken: { source: { parents: ['users'] } }, remedies: [NOTHING] },
  { finding: 'trigger-writes', broken: trigger(true, true), remedies: [NOTHING] },
  { finding: 'trigger-changes', broken: trigger(false, true), remedies: [NOTHING] },
  { finding: 'trigger-present', broken: trigger(false, false), remedies: [NOTHING] },
  {
    finding: 'key-deferrable',
    broken: constraint('deferrable'),
    remedies: [
      NO_CONSTRAINT,
      inPlan({
        plan: user({
          identity: ['email'],
          key: { PK: 'USER#{email}', SK: 'USER#{email}' },
          unique: { email: undefined, id: '{id}' },
        }),
      }),
    ],
  },
  { finding: 'exclusion-constraint', broken: constraint('exclusion'), remedies: [NOTHING] },
  { finding: 'check-constraint', broken: constraint('check'), remedies: [NOTHING] },
  { finding: 'rule-rewrites', broken: constraint('rule'), remedies: [NO_CONSTRAINT] },
  { finding: 'rule-refuses-put', broken: constraint('write-rule'), remedies: [NOTHING, NO_CONSTRAINT] },
  { finding: 'row-security', broken: rights({ hidden: true }), remedies: [RIGHTS_CHANGED] },
  {
    finding: 'table-unlogged',
    broken: { ...rights({ table: 'states', unlogged: true }), plan: stateEntity() },
    remedies: [
      RIGHTS_CHANGED,
      inPlan({ plan: { entities: { STATE: undefined }, exclude: { states: 'refilled after a crash' } } }),
    ],
  },
  { finding: 'truncate-rights', broken: rights({ truncate: ['app'] }), remedies: [NOTHING, RIGHTS_CHANGED] },
  { finding: 'ddl-rights', broken: rights({ ddl: ['app', 'dba'] }), remedies: [NOTHING] },
  { finding: 'rights-missing', broken: rights({ lacks: ['ownership'] }), remedies: [RIGHTS_CHANGED] },
  {
    finding: 'sequence',
    broken: sequence({}),
    remedies: [
      inPlan({ plan: user({ defaults: { number: 'counter' } }) }),
      inPlan({ plan: user({ omit: ['password_hash', 'number'] }) }),
    ],
  },
  {
    finding: 'sequence',
    says: /NO CYCLE/,
    broken: { ...sequence({ cycles: true }), plan: user({ defaults: { number: 'counter' } }) },
    remedies: [
      NOTHING,
      inDatabase({
        source: {
          sequences: [{ name: 'numbers', table: 'users', column: 'number', last: '7', cycles: false }],
        },
      }),
    ],
  },
  { finding: 'sequence', broken: sequence({ table: null, column: null }), remedies: [NOTHING] },
  {
    finding: 'schema-other',
    broken: { source: { otherSchemas: [{ schema: 'billing', tables: 3 }] } },
    remedies: [NOTHING],
  },
  {
    finding: 'schema-portage',
    broken: { source: { around: { ...SOURCE.around, foreignPortage: true } } },
    remedies: [inDatabase({ source: { around: SOURCE.around } })],
  },
  {
    finding: 'publication-all-tables',
    broken: { source: { around: { ...SOURCE.around, publications: ['everything'] } } },
    remedies: [NOTHING, inDatabase({ source: { around: SOURCE.around } })],
  },
  {
    finding: 'publication-all-tables',
    broken: { source: { around: { ...SOURCE.around, publications: ['everything'], subscribed: true } } },
    remedies: [inDatabase({ source: { around: SOURCE.around } })],
  },
  {
    finding: 'subscription-truncates',
    broken: { source: { around: { ...SOURCE.around, subscriptions: ['orders'] } } },
    remedies: [NOTHING, inDatabase({ source: { around: SOURCE.around } })],
  },
  {
    finding: 'cast-function',
    broken: casting(true),
    remedies: [
      inDatabase({ source: { around: SOURCE.around } }),
      inPlan({ plan: user({ omit: ['password_hash', 'mood'] }) }),
    ],
  },
  { finding: 'cast-function', says: /^DROP CAST .* unless/, broken: casting(false), remedies: [NOTHING] },
  {
    finding: 'large-objects',
    broken: { source: { largeObjects: 3 } },
    remedies: [inDatabase({ source: { largeObjects: 0 } })],
  },
  {
    finding: 'event-trigger',
    broken: {
      source: {
        ddl: {
          ...partitioned,
          partitioned: [],
          eventTriggers: [{ name: 'a', event: 'ddl_command_end', function: 'f()' }],
        },
      },
    },
    remedies: [NOTHING],
  },
  {
    finding: 'migration-tool',
    broken: { tables: { flyway_schema_history: HISTORY }, plan: { exclude: { flyway_schema_history: 'of a tool' } } },
    remedies: [NOTHING],
  },
  {
    finding: 'partitions',
    broken: { source: { ddl: partitioned } },
    remedies: [
      inPlan({ plan: { ddl: { partitionRemoved: 'note' } } }),
      inDatabase({ source: { ddl: { ...partitioned, schedulers: [] } } }),
    ],
  },
  {
    finding: 'login-unknown',
    broken: { plan: keepLogins(['ap']), source: { logins: login(false) } },
    remedies: [inPlan({ plan: keepLogins(['app']) }), inPlan({ plan: keepLogins([]) })],
  },
  {
    finding: 'login-not-alterable',
    broken: { source: { logins: login(false, ['ALTER ROLE']) } },
    remedies: [
      inPlan({ plan: keepLogins(['app']) }),
      inDatabase({ source: { logins: login(false) } }),
      inDatabase({ source: { logins: [] } }),
    ],
  },
  {
    finding: 'login-locked-out',
    broken: { source: { logins: login(true) } },
    remedies: [NOTHING, inPlan({ plan: keepLogins(['app']) })],
  },
  {
    finding: 'sign-in-login-missing',
    broken: { plan: auth({}), source: { signInLogin: false } },
    remedies: [inDatabase({ source: { signInLogin: true } })],
  },
  {
    finding: 'hash-unknown',
    broken: { plan: auth({ scheme: 'argon2' }), facts: { hashes: [{ cost: '$2b$12$', users: 9 }] } },
    remedies: [NOTHING, inPlan({ plan: auth({ scheme: 'bcrypt', cost: '$2b$12$' }) })],
  },
  {
    finding: 'hash-cost',
    broken: { plan: auth({ scheme: 'bcrypt' }), facts: { hashes: [{ cost: '$2b$12$', users: 9 }] } },
    remedies: [inPlan({ plan: auth({ scheme: 'bcrypt', cost: '$2b$12$' }) })],
  },
  {
    finding: 'table-too-wide',
    broken: { characters: 70_000, tables: typed({ bio: 'text' }) },
    remedies: [
      inPlan({ plan: user({ omit: ['password_hash', 'bio'] }), characters: 60_000 }),
      inDatabase({ characters: 40_000 }),
    ],
  },
  {
    finding: 'unmeasured',
    broken: {
      facts: { unmeasured: [{ what: 'USER', reason: 'canceling statement due to statement timeout', notUtf8: false }] },
    },
    remedies: [NOTHING, inDatabase({ facts: { unmeasured: [] } })],
  },
  {
    finding: 'text-not-utf8',
    broken: { source: { around: { ...SOURCE.around, unchecked: true } } },
    remedies: [NOTHING],
  },
  {
    finding: 'text-not-utf8',
    broken: {
      tables: typed({ bio: 'text' }),
      facts: { unmeasured: [{ what: 'USER', reason: 'invalid byte sequence', notUtf8: true }] },
    },
    remedies: [
      inDatabase({ facts: { unmeasured: [] } }),
      inPlan({ plan: user({ omit: ['password_hash', 'bio'] }), facts: { unmeasured: [] } }),
    ],
  },
];
