import { expect, test } from '@jest/globals';
import { loadStatementParser } from '../../../src/adapters/statements/parser.ts';
import { parseAll } from '../../../src/adapters/statements/parse-all.ts';
import { readStatementFile } from '../../../src/adapters/statements/statement-file.ts';

const { parse, split } = await loadStatementParser();
const read = (text: string) => readStatementFile(text, split);

test('SQL: a comment says how often the statement is called', () => {
  const text = `-- calls: 1,200
SELECT * FROM users WHERE id = $1;
SELECT 'calls: 7' /* calls: 30 */ FROM users;
DELETE FROM users;
-- the end`;
  expect(read(text)).toEqual({
    form: 'sql',
    statements: [
      { text: '-- calls: 1,200\nSELECT * FROM users WHERE id = $1', calls: 1200, rows: null },
      { text: "SELECT 'calls: 7' /* calls: 30 */ FROM users", calls: 30, rows: null },
      { text: 'DELETE FROM users', calls: 1, rows: null },
      { text: '-- the end', calls: 1, rows: null },
    ],
  });
});

test('CSV: an export of pg_stat_statements, with any further columns', () => {
  const text = `userid,Query,"calls",total_exec_time,rows\n10,"SELECT ""a"",\n b FROM t WHERE x = $1",42,1.5,84\n10,BEGIN,7,0,0\n`;
  expect(read(text)).toEqual({
    form: 'csv',
    statements: [
      { text: 'SELECT "a",\n b FROM t WHERE x = $1', calls: 42, rows: 84 },
      { text: 'BEGIN', calls: 7, rows: 0 },
    ],
  });
  expect(read('query\nSELECT 1\n').statements).toEqual([{ text: 'SELECT 1', calls: 1, rows: null }]);
  expect(read('\uFEFFquery;calls\r\n"SELECT 1;";3\r\n').statements).toEqual([
    { text: 'SELECT 1;', calls: 3, rows: null },
  ]);
  expect(() => read('query,calls\nSELECT 1,many\n')).toThrow(/^row 1: calls is not a number/);
  expect(() => read('query,calls\n"SELECT 1,2\n')).toThrow(/Quote/);
});

const STATEMENTS = [
  { text: 'SELECT * FROM users WHERE id = $1', calls: 1, rows: null },
  { text: 'SELECT title\nFROM sessions\nWHERE id = $1', calls: 1, rows: null },
  { text: 'UPDATE users SET bio = $1', calls: 1, rows: null },
];

test('a log as text, with the prefixes of PostgreSQL and of RDS', () => {
  const text = `2026-11-28 10:00:00.123 UTC [4711] app@shop LOG:  statement: SELECT * FROM users WHERE id = $1
2026-11-28 10:00:00 UTC:10.0.0.7(51234):app@shop:[4712]:LOG:  execute <unnamed>: SELECT title
\tFROM sessions
\tWHERE id = $1
2026-11-28 10:00:00 UTC:10.0.0.7(51234):app@shop:[4712]:DETAIL:  parameters: $1 = 'LOG:  statement: no
\t'
2026-11-28 10:00:01.000 UTC [4711] app@shop LOG:  duration: 0.231 ms  execute S_1: UPDATE users SET bio = $1
2026-11-28 10:00:01.000 UTC [4711] app@shop LOG:  duration: 0.231 ms
2026-11-28 10:00:02.000 UTC [4711] app@shop ERROR:  relation "x" does not exist
2026-11-28 10:00:02.000 UTC [4711] app@shop STATEMENT:  SELECT * FROM x
2026-11-28 10:00:03.000 UTC [99] LOG:  checkpoint starting: time
`;
  expect(read(text)).toEqual({ form: 'log', statements: STATEMENTS });
});

/** A line of csvlog. */
function record(severity: string, message: string): string {
  return `2026-11-28 10:00:00.123 UTC,"app","shop",4711,"10.0.0.7:51234",65a,1,"SELECT",2026-11-28 09:00:00 UTC,3/0,0,${severity},00000,"${message.replaceAll('"', '""')}",,,,,,,,,"psql","client backend",,0`;
}

test('a log as CSV and as JSON', () => {
  const messages = [
    'statement: SELECT * FROM users WHERE id = $1',
    'execute <unnamed>: SELECT title\nFROM sessions\nWHERE id = $1',
    'duration: 0.231 ms  execute S_1: UPDATE users SET bio = $1',
    'checkpoint complete: wrote "5" buffers',
  ];
  const csv = [...messages.map((message) => record('LOG', message)), record('ERROR', 'statement: no')].join('\n');
  expect(read(csv)).toEqual({ form: 'log', statements: STATEMENTS });
  const json = [
    ...messages.map((message) => JSON.stringify({ timestamp: 't', error_severity: 'LOG', message })),
    JSON.stringify({ timestamp: 't', error_severity: 'ERROR', message: 'statement: no' }),
    'not json',
  ].join('\n');
  expect(read(json)).toEqual({ form: 'log', statements: STATEMENTS });
});

test('a log of many statements that differ in literals is parsed once for each form', () => {
  const texts = Array.from(
    { length: 1_000 },
    (_, at) => `SELECT * FROM users WHERE id = ${at} AND name = 'it''s ${at}'`,
  );
  let parsed = 0;
  const all = parseAll(
    (text) => {
      parsed++;
      return parse(text);
    },
    [...texts, "SELECT * FROM users WHERE id = 'x", 'SELECT 1'].map((text) => ({ text, calls: 1, rows: null })),
  );
  expect(parsed).toBe(3);
  expect(all.map((one) => one.parsed.kind)).toEqual([...texts.map(() => 'read'), 'unparsed', 'read']);
});

test('a statement that cannot be parsed has its own reason, though another of its form has one', () => {
  const all = parseAll(
    (text) => ({ kind: 'unparsed', reason: text }),
    ['SELEC 1', 'SELEC 2'].map((text) => ({ text, calls: 1, rows: null })),
  );
  expect(all.map(({ parsed }) => parsed)).toMatchObject([{ reason: 'SELEC 1' }, { reason: 'SELEC 2' }]);
});
