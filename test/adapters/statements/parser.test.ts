import { expect, test } from '@jest/globals';
import { array, assert, constantFrom, nat, oneof, property, string, tuple } from 'fast-check';
import { loadStatementParser } from '../../../src/adapters/statements/parser.ts';
import { draftPatterns } from '../../../src/domain/statements/served/draft-patterns.ts';
import { reportStatements } from '../../../src/domain/statements/served/report.ts';
import { draftPlan } from '../../../src/domain/plan-draft/draft-plan.ts';
import { catalogue, plan } from '../../domain/statements/fixture.ts';

const parser = await loadStatementParser();
const names = { catalogue, schema: 'public' };
const drafted = draftPlan(catalogue, 'public', 'campaigns', {});

/** All that init and check do with a text. */
function assess(text: string) {
  const parsed = parser.parse(text);
  const statements = [{ statement: { text, calls: 1, rows: null }, parsed }];
  draftPatterns(drafted, names, statements);
  return { parsed, report: reportStatements(plan, names, null, statements) };
}

test.each([
  ['SELECT * FROM users WHERE email = ? AND bio = ?', 'SELECT * FROM users WHERE email = $1 AND bio = $2'],
  [
    "SELECT ':a?', id::text FROM users WHERE id = :id LIMIT :most",
    "SELECT ':a?', id::text FROM users WHERE id = $1 LIMIT $2",
  ],
  ['UPDATE users SET bio = ? WHERE id = ?', 'UPDATE users SET bio = $1 WHERE id = $2'],
])('%s has the placeholders of a driver', (text, numbered) => {
  expect(parser.parse(numbered).kind).not.toBe('unparsed');
  expect(parser.parse(text)).toEqual(parser.parse(numbered));
});

test('an operator of jsonb is no placeholder', () => {
  expect(parser.parse("SELECT * FROM users WHERE settings ? 'a'").kind).toBe('read');
});

const WORDS =
  `SELECT * FROM users u JOIN sessions s ON s.user_id = u.id LEFT campaigns WHERE id = $1 AND OR NOT ( ) , IN ANY EXISTS LIKE 'a%' IS NULL
  BETWEEN 1 ORDER BY started_at DESC LIMIT $2 OFFSET UNION ALL WITH x AS GROUP HAVING count(*) lower(email) < > <> :: text "Odd ""name" "schema"."t"
  INSERT INTO VALUES UPDATE SET DELETE USING RETURNING MERGE CASE WHEN THEN ELSE END ARRAY [ ] ; -- /* */ interval date NULL true 1.5e3 LATERAL`.split(
    /\s+/,
  );
const VALID = [
  'SELECT s.*, c.title FROM sessions s JOIN campaigns c ON s.campaign_id = c.id WHERE c.owner_id = $1 AND s.ended_at IS NULL ORDER BY s.started_at DESC LIMIT $2',
  'WITH x AS (SELECT * FROM users WHERE email LIKE $1) SELECT x.id, count(*) FROM x, characters ch WHERE ch.user_id = x.id AND (ch.level > 1 OR ch.name = $2) GROUP BY 1',
  'UPDATE users u SET bio = c.title FROM campaigns c WHERE c.owner_id = u.id AND u.id IN (SELECT user_id FROM sessions WHERE (started_at, id) > ($1, $2))',
  'INSERT INTO users (id) SELECT owner_id FROM campaigns WHERE NOT EXISTS (SELECT 1 FROM users z WHERE z.id = owner_id) ON CONFLICT DO NOTHING',
  "MERGE INTO users u USING campaigns c ON u.id = c.owner_id WHEN MATCHED THEN UPDATE SET bio = 'x'",
];

/** A valid statement with words taken out, doubled, or put in from others. */
const mutated = tuple(
  constantFrom(...VALID),
  array(tuple(nat(60), constantFrom('drop', 'add', 'double'), constantFrom(...WORDS)), {
    maxLength: 4,
  }),
).map(([statement, edits]) => {
  const words = statement.split(' ');
  for (const [at, edit, word] of edits) {
    const place = at % words.length;
    words.splice(
      place,
      edit === 'drop' ? 1 : 0,
      ...(edit === 'drop' ? [] : [edit === 'add' ? word : (words[place] ?? '')]),
    );
  }
  return words.join(' ');
});

test('no text makes the assessment fail: what cannot be parsed is listed as such', () => {
  const texts = oneof(
    { weight: 3, arbitrary: mutated },
    { weight: 2, arbitrary: array(constantFrom(...WORDS), { maxLength: 30 }).map((words) => words.join(' ')) },
    { weight: 1, arbitrary: string({ unit: 'binary', maxLength: 60 }) },
  );
  let parsed = 0;
  assert(
    property(texts, (text) => {
      const found = assess(text);
      if (found.parsed.kind === 'read' || found.parsed.kind === 'write') parsed++;
      if (found.parsed.kind === 'unparsed') expect(found.report.ranked).toMatchObject([{ verdict: 'unparsed' }]);
    }),
    { numRuns: 1_500 },
  );
  expect(parsed).toBeGreaterThan(100);
});

test('a statement that is nested beyond the parser is listed, and the next one is parsed', () => {
  const deep = `SELECT ${'1 + '.repeat(30_000)}1 FROM users`;
  expect(parser.parse(deep)).toEqual({ kind: 'unparsed', reason: 'nested too deeply' });
  expect(parser.parse(`SELECT * FROM users WHERE ${'('.repeat(3_000)}id = $1${')'.repeat(3_000)}`).kind).toBe('read');
  expect(parser.parse('SELECT * FROM users').kind).toBe('read');
});

test('the forms in which pg_stat_statements writes constants are parsed', () => {
  for (const text of [
    'SELECT * FROM sessions WHERE started_at > now() - interval $1',
    'SELECT date $1, timestamp $2, extract($3 FROM started_at) FROM sessions',
    'SELECT * FROM users WHERE id IN ($1 /*, ... */)',
    'SELECT * FROM users WHERE email LIKE $1 ESCAPE $2 FETCH FIRST $3 ROWS ONLY',
    'SELECT * FROM users ORDER BY created_at LIMIT ALL OFFSET $1',
  ])
    expect(parser.parse(text)).toMatchObject({ kind: 'read' });
});

test('a script is split at its semicolons, not at those in texts and comments', () => {
  const script = `-- é; one\nSELECT 'a;b', "c;d", $x$;$x$ FROM t; /* ; */ SELECT 2;\n\n;SELECT 3 -- last`;
  expect(parser.split(script)).toEqual([
    `-- é; one\nSELECT 'a;b', "c;d", $x$;$x$ FROM t`,
    '/* ; */ SELECT 2',
    'SELECT 3 -- last',
  ]);
  expect(parser.split("SELECT 1;\nSELECT 'open;\nSELECT 2;")).toEqual(['SELECT 1', "SELECT 'open", 'SELECT 2']);
});
