import { expect, test } from '@jest/globals';
import { loadStatementParser } from '../../../src/adapters/statements/parser.ts';
import { planFindings } from '../../../src/domain/plan-check/check.ts';
import { applyProposal } from '../../../src/domain/statements/served/apply.ts';
import type { Step } from '../../../src/domain/statements/served/match-query.ts';
import { type Ranked, reportStatements, totalsOf } from '../../../src/domain/statements/served/report.ts';
import { sizesOf } from '../../../src/domain/statements/served/sizes.ts';
import type { EntityFacts } from '../../../src/domain/assess/facts.ts';
import { leftOutReason } from '../../../src/domain/statements/left-out.ts';
import { mergeStatements } from '../../../src/domain/statements/merge.ts';
import { catalogueOf } from '../campaigns.ts';
import { catalogue, plan } from './fixture.ts';

const parser = await loadStatementParser();
const names = { catalogue, schema: 'public' };

function read(text: string, calls = 1, rows: number | null = null) {
  return { statement: { text, calls, rows }, parsed: parser.parse(text) };
}

function rank(text: string): Ranked {
  const [found] = reportStatements(plan, names, null, [read(text)]).ranked;
  if (found === undefined) throw new Error(`${text}: left out`);
  return found;
}

function step({ service, each, with: companions }: Step): string {
  const by = service.kind === 'query' ? (service.pattern ?? 'no pattern') : service.kind;
  const entity = service.kind === 'excluded' ? '' : service.entity;
  return `${by} ${[entity, ...companions.map((companion) => companion.entity)].join('+')}${each === null ? '' : ' each'}`;
}

const SERVED: readonly (readonly [sql: string, steps: readonly string[]])[] = [
  ['SELECT * FROM users WHERE lower(email) = lower($1)', ['userByEmail USER']],
  // A condition on one item is applied by whoever reads it.
  ["SELECT * FROM users WHERE id = $1 AND settings @> '{}'", ['key USER']],
  ['SELECT 1 AS one FROM users WHERE id = $1 LIMIT 1', ['key USER']],
  ['SELECT * FROM sessions WHERE id = $1 AND user_id = $2 AND campaign_id = $3', ['key SESSION']],
  ['SELECT * FROM sessions WHERE user_id = $1 AND campaign_id = $2 LIMIT 100', ['sessionsOfCampaign SESSION']],
  ['SELECT * FROM characters WHERE campaign_id = $1 AND class = $2', ['charactersByClass CHARACTER']],
  ["SELECT * FROM campaigns WHERE owner_id = $1 AND title LIKE 'Dra%' ORDER BY title", ['campaignsByTitle CAMPAIGN']],
  ['SELECT * FROM campaigns WHERE owner_id = $1 ORDER BY created_at DESC, id DESC', ['campaignsOfOwner CAMPAIGN']],
  [
    'SELECT u.*, s.* FROM users u LEFT JOIN sessions s ON s.user_id = u.id WHERE u.id = $1',
    ['userWithSessions USER+SESSION'],
  ],
  [
    'SELECT u.*, s.* FROM users u, sessions s WHERE s.user_id = u.id AND s.user_id = $1',
    ['userWithSessions USER+SESSION'],
  ],
  [
    'SELECT ch.*, u.display_name FROM characters ch JOIN users u ON u.id = ch.user_id WHERE ch.campaign_id = $1',
    ['charactersOfCampaign CHARACTER', 'key USER each'],
  ],
  [
    'SELECT ch.*, u.display_name FROM users u RIGHT JOIN characters ch ON u.id = ch.user_id WHERE ch.campaign_id = $1',
    ['charactersOfCampaign CHARACTER', 'key USER each'],
  ],
  // The index follows campaign_id to its owner, so campaigns need no read of their own.
  [
    'SELECT s.* FROM sessions s JOIN campaigns c ON c.id = s.campaign_id WHERE c.owner_id = $1 AND s.ended_at IS NULL ORDER BY s.started_at DESC',
    ['openSessions SESSION'],
  ],
  [
    'SELECT s.*, c.title FROM sessions s JOIN campaigns c ON s.campaign_id = c.id WHERE c.owner_id = $1 AND s.ended_at IS NULL ORDER BY s.started_at DESC',
    ['openSessions SESSION', 'key CAMPAIGN each'],
  ],
  [
    'SELECT * FROM campaigns WHERE id IN (SELECT campaign_id FROM characters WHERE user_id = $1)',
    ['charactersOfPlayer CHARACTER', 'key CAMPAIGN each'],
  ],
  [
    'SELECT * FROM campaigns c WHERE EXISTS (SELECT 1 FROM characters x WHERE x.campaign_id = c.id AND x.user_id = $1)',
    ['charactersOfPlayer CHARACTER', 'key CAMPAIGN each'],
  ],
  ['SELECT * FROM users WHERE id = (SELECT owner_id FROM campaigns WHERE id = $1)', ['key CAMPAIGN', 'key USER each']],
  [
    'SELECT t0.id, d.data FROM campaigns t0 LEFT JOIN LATERAL (SELECT json_agg(x.name) AS data FROM characters x WHERE t0.id = x.campaign_id) d ON true WHERE t0.id = $1',
    ['key CAMPAIGN', 'charactersOfCampaign CHARACTER each'],
  ],
  [
    'SELECT * FROM campaigns WHERE id = $1 UNION ALL SELECT * FROM campaigns WHERE id = $2',
    ['key CAMPAIGN', 'key CAMPAIGN'],
  ],
  ['SELECT * FROM users WHERE id = $1 OR id = $2', ['key USER']],
  ['SELECT * FROM users JOIN campaigns USING (id) WHERE users.id = $1', ['key USER', 'key CAMPAIGN']],
];

test.each(SERVED)('served: %s', (sql, steps) => {
  const { verdict, steps: found, reasons } = rank(sql);
  expect({ verdict, steps: found.map(step), reasons }).toEqual({ verdict: 'served', steps, reasons: [] });
});

const OTHERS: readonly (readonly [sql: string, verdict: string, reason: RegExp])[] = [
  ['SELECT * FROM sessions WHERE id = $1', 'none', /id is known, but the key also needs user_id, campaign_id/],
  ['SELECT * FROM campaigns WHERE is_public ORDER BY created_at DESC LIMIT 20', 'none', /no key begins with is_public/],
  [
    'SELECT * FROM campaigns WHERE (created_at, id) < ($1, $2) AND owner_id = $3 ORDER BY created_at DESC, id DESC LIMIT 20',
    'none',
    /a key serves it, but no pattern uses it/,
  ],
  ['SELECT * FROM characters WHERE campaign_id = $1 ORDER BY name', 'partly', /sorted by name after reading/],
  [
    'SELECT * FROM characters WHERE campaign_id = $1 AND level > 3',
    'partly',
    /range of level is applied after reading/,
  ],
  [
    'SELECT * FROM characters WHERE campaign_id = $1 AND (level = 1 OR name = $2)',
    'partly',
    /OR over level, name is applied/,
  ],
  [
    'SELECT * FROM characters WHERE campaign_id = $1 AND ($2 IS NULL OR class = $2)',
    'partly',
    /optional class is applied/,
  ],
  ['SELECT * FROM characters WHERE campaign_id = $1 AND class <> $2', 'partly', /operator <> is applied after reading/],
  ['SELECT count(*) FROM characters WHERE campaign_id = $1', 'unservable', /count\(\): an aggregate/],
  ['SELECT max(level) FROM characters WHERE campaign_id = $1', 'unservable', /max\(\): an aggregate/],
  ['SELECT class, count(*) FROM characters GROUP BY class', 'unservable', /GROUP BY/],
  [
    'SELECT rank() OVER (ORDER BY level) FROM characters WHERE campaign_id = $1',
    'unservable',
    /a window over many rows/,
  ],
  [
    'SELECT * FROM characters WHERE user_id = $1 OR campaign_id = $2',
    'unservable',
    /OR over user_id, campaign_id cannot be a key/,
  ],
  ['SELECT * FROM campaigns WHERE title ILIKE $1', 'unservable', /ILIKE cannot be a key/],
  ["SELECT * FROM campaigns WHERE title LIKE '%x'", 'unservable', /LIKE that begins with a wildcard/],
  [
    "SELECT * FROM sessions WHERE date_trunc('day', started_at) = $1",
    'unservable',
    /date_trunc\(\) on started_at cannot be a key/,
  ],
  ['SELECT * FROM sessions WHERE started_at::date = $1', 'unservable', /a cast to date on started_at cannot be a key/],
  ['SELECT * FROM users WHERE $1 = ANY (tags)', 'unservable', /= ANY of an array column cannot be a key/],
  ['SELECT * FROM characters WHERE level > 10', 'unservable', /a range of level without a value/],
  ['SELECT * FROM users', 'unservable', /reads the whole table/],
  [
    'SELECT * FROM users u WHERE NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id)',
    'unservable',
    /reads the whole table/,
  ],
  [
    'WITH RECURSIVE r AS (SELECT id FROM users UNION SELECT r.id FROM r) SELECT * FROM r',
    'unservable',
    /WITH RECURSIVE/,
  ],
  ['SELECT * FROM conditions', 'excluded', /conditions: not an entity/],
  ['SELECT * FROM a_view', 'excluded', /a_view: not an entity/],
  ['SELECT * FROM other.users', 'excluded', /users: not an entity/],
  ['UPDATE users SET bio = $1 WHERE id = $2', 'write', /^$/],
  ['UPDATE users SET bio = $1 WHERE email = $2', 'write', /^$/],
  ['INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) DO NOTHING', 'write', /^$/],
  ['UPDATE characters SET is_alive = false WHERE campaign_id = $1', 'write', /changes rows by campaign_id, not by id/],
  ['DELETE FROM sessions WHERE ended_at < $1', 'write', /changes rows by ended_at, not by id/],
  ['DELETE FROM sessions', 'write', /changes rows by no column/],
  ['SELEC 1 FROM users', 'unparsed', /syntax error at or near "SELEC"/],
  ['SELECT * FROM users WHERE id = $1; SELECT 1', 'unparsed', /several statements/],
];

test.each(OTHERS)('%s: %s', (sql, verdict, reason) => {
  const found = rank(sql);
  expect(found.verdict).toBe(verdict);
  expect(found.reasons.join('; ')).toMatch(reason);
});

test('statements of Portage, of psql, of migration tools and utility statements are left out', () => {
  const foreign = [
    'SELECT count(*) FROM users /* portage */',
    'SELECT * FROM portage.changelog',
    'SELECT c.relname FROM pg_catalog.pg_class c',
    'SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace',
    'SELECT * FROM information_schema.tables',
    'SELECT version FROM schema_migrations ORDER BY version',
    'INSERT INTO "_prisma_migrations" (id) VALUES ($1)',
    'BEGIN',
    'SET search_path = public',
    'COPY users TO STDOUT',
    'CREATE TABLE x (a int)',
    'SELECT 1',
    '',
  ];
  const { ranked, leftOut } = reportStatements(
    plan,
    names,
    null,
    foreign.map((text) => read(text)),
  );
  expect(ranked).toEqual([]);
  expect(leftOut).toEqual({ Portage: 2, 'no table': 1, catalogue: 3, 'migration tool': 2, utility: 5 });
});

test('statements that differ in literals are one, and the most frequent stands first', () => {
  const { ranked } = reportStatements(plan, names, null, [
    read('SELECT * FROM campaigns WHERE id = $1', 5, 5),
    read("SELECT * FROM users WHERE id = 'a' LIMIT 1", 3, 3),
    read("select * from users where id = 'b' limit 1", 4, 4),
  ]);
  expect(ranked.map(({ statement }) => [statement.calls, statement.rows])).toEqual([
    [7, 7],
    [5, 5],
  ]);
  expect(totalsOf(ranked).get('served')).toEqual({ calls: 12, statements: 2 });
});

test('a proposal makes the next statements served, and a plan with all proposals passes the check', () => {
  const statements = [
    read('SELECT * FROM sessions WHERE id = $1', 100),
    read('SELECT title FROM sessions WHERE id = $1 AND title = $2', 50),
    read('SELECT * FROM sessions WHERE campaign_id = $1 ORDER BY started_at DESC LIMIT 20', 40),
    read('SELECT * FROM characters WHERE id = ANY ($1)', 30),
    read('SELECT * FROM campaigns WHERE is_public ORDER BY created_at DESC LIMIT 20', 20),
    read("SELECT * FROM users WHERE display_name LIKE 'A%' AND plan = $1", 10),
    read('SELECT * FROM sessions WHERE campaign_id = $1 AND ended_at IS NULL AND started_at > $2 LIMIT 5', 9),
    read('SELECT * FROM campaigns WHERE owner_id = $1 AND title > $2 ORDER BY title LIMIT 5', 8),
    read('SELECT * FROM users WHERE birthday = $1 AND lower(display_name) = $2', 7),
  ];
  const { ranked } = reportStatements(plan, names, null, statements);
  const [first, second] = ranked;
  expect(first?.proposals).toEqual([
    {
      entity: 'SESSION',
      index: { name: 'GSI1', keys: { PK: 'SESSION_BY_ID#{id}', SK: 'SESSION#{id}' }, isNew: false },
      name: 'sessionById',
      pattern: { entity: 'SESSION', index: 'GSI1', SK: 'SESSION#', order: 'asc' },
    },
  ]);
  expect(second).toMatchObject({ proposals: [], proposedBefore: ['sessionById'] });
  const proposals = ranked.flatMap((one) => one.proposals);
  expect(proposals.length).toBeGreaterThanOrEqual(7);
  const extended = proposals.reduce(applyProposal, plan);
  expect(planFindings(extended, catalogue).filter(({ severity }) => severity === 'blocks')).toEqual([]);
  const after = reportStatements(extended, names, null, statements);
  expect(after.ranked.filter(({ verdict }) => verdict === 'none')).toEqual([]);
});

const NO_FACTS: Omit<EntityFacts, 'entity' | 'rows' | 'bytes'> = {
  largest: null,
  large: 0,
  tooLarge: 0,
  writeUnits: 0,
  indexes: [],
  claims: 0,
  bodies: { count: 0, bytes: 0 },
  keys: [],
  numbers: [],
  duplicates: [],
  folds: [],
  owners: { count: 0, past: 0, top: [] },
};

test('a call costs half a read unit for each 4 KB that is read, by Scan for all of the table', () => {
  const facts = [
    { ...NO_FACTS, entity: 'USER', rows: 100, bytes: 100 * 1000 },
    { ...NO_FACTS, entity: 'CAMPAIGN', rows: 200, bytes: 200 * 1000 },
    { ...NO_FACTS, entity: 'SESSION', rows: 1000, bytes: 1000 * 5000 },
    { ...NO_FACTS, entity: 'CHARACTER', rows: 2000, bytes: 2000 * 2000 },
  ];
  const sizes = sizesOf(plan, catalogue, facts, { characters: { campaign_id: 100, user_id: -0.02 } });
  const cost = (text: string, calls = 1, rows: number | null = null) =>
    reportStatements(plan, names, sizes, [read(text, calls, rows)]).ranked[0]?.cost;
  expect(cost('SELECT * FROM users WHERE id = $1')).toEqual({ units: 0.5, scan: false });
  expect(cost('SELECT * FROM users WHERE id IN ($1, $2, $3, $4)')).toEqual({ units: 2, scan: false });
  // 20 characters of 2,000 bytes are 10 pages of 4 KB.
  expect(cost('SELECT * FROM characters WHERE campaign_id = $1')).toEqual({ units: 5, scan: false });
  // n_distinct of -0.02 is 40 of 2,000 rows: 50 each, of which the limit leaves 10.
  expect(cost('SELECT * FROM characters WHERE user_id = $1 ORDER BY created_at DESC LIMIT 10')).toEqual({
    units: 2.5,
    scan: false,
  });
  // PostgreSQL returned 8 rows a call.
  expect(cost('SELECT * FROM characters WHERE campaign_id = $1', 10, 80)).toEqual({ units: 2, scan: false });
  // A user and a tenth of 1,000 sessions.
  expect(cost('SELECT * FROM users u JOIN sessions s ON s.user_id = u.id WHERE u.id = $1')).toEqual({
    units: 6.5,
    scan: false,
  });
  // 20 characters, then a user for each.
  expect(cost('SELECT * FROM characters c JOIN users u ON u.id = c.user_id WHERE c.campaign_id = $1')).toEqual({
    units: 15,
    scan: false,
  });
  expect(cost('SELECT * FROM users')).toEqual({ units: 1135.5, scan: true });
});

test('statements that differ in literals are one, but not those of Portage, nor with another boolean', () => {
  const active = 'SELECT * FROM users WHERE is_active =';
  const merged = mergeStatements([
    read('SELECT * FROM users WHERE id = 1', 2),
    read('SELECT * FROM users WHERE id = 2', 3),
    read('SELECT * FROM users WHERE id = 1 /* portage */', 4),
    read(`${active} true`),
    read(`${active} false`),
  ]);
  expect(merged.map(({ statement: { text, calls } }) => [text, calls])).toEqual([
    ['SELECT * FROM users WHERE id = 1', 5],
    ['SELECT * FROM users WHERE id = 1 /* portage */', 4],
    [`${active} true`, 1],
    [`${active} false`, 1],
  ]);
});

test('a table of the application may be named as one of the catalogue', () => {
  const { parsed } = read('SELECT * FROM pg_notes WHERE id = 1');
  const own = { schema: 'public', catalogue: catalogueOf({ pg_notes: { columns: { id: 'int4' } } }) };
  expect(leftOutReason(own, '', parsed)).toBeNull();
  expect(leftOutReason(names, '', parsed)).toBe('catalogue');
});
