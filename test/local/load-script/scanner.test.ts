import { expect, test } from '@jest/globals';
import { type Piece, Scanner } from '../../../local/load-script/scanner.ts';

async function piecesOf(script: string, standardStrings = true): Promise<readonly string[]> {
  const scanner = new Scanner(
    (async function* () {
      for (const line of script.split(/(?<=\n)/)) yield line;
    })(),
    { standardStrings },
  );
  const pieces: string[] = [];
  for (let piece: Piece | null = await scanner.next(); piece !== null; piece = await scanner.next()) {
    pieces.push(piece.kind === 'statement' ? piece.text : `\\${piece.name} ${piece.rest}`.trim());
    if (/FROM stdin/.test(pieces.at(-1) ?? ''))
      for await (const row of scanner.data()) pieces.push(`row ${row.trimEnd()}`);
  }
  return pieces;
}

test.each([
  ['a semicolon in quotes', `select 'a;b', ";"; select 2;`, [`select 'a;b', ";"`, 'select 2']],
  ['a doubled quote', `select 'it''s;'; select 2;`, [`select 'it''s;'`, 'select 2']],
  [
    'an escaped quote in E strings',
    String.raw`select E'it\'s;\\', e'\''; select 2;`,
    [String.raw`select E'it\'s;\\', e'\''`, 'select 2'],
  ],
  ['a backslash that means nothing', String.raw`select 'c:\'; select 2;`, [String.raw`select 'c:\'`, 'select 2']],
  [
    'a name that ends in e before a quote',
    String.raw`select date'2020-01-01', type'\'; select 2;`,
    [String.raw`select date'2020-01-01', type'\'`, 'select 2'],
  ],
  [
    'strings by code point and bits',
    String.raw`select U&'\0441;', u&"\0441;", b'0;1', X'\'; select 2;`,
    [String.raw`select U&'\0441;', u&"\0441;", b'0;1', X'\'`, 'select 2'],
  ],
  [
    'dollar quotes, one inside the other',
    'do $a$ begin; $$;$$ ; $b$ $a$; select 2;',
    ['do $a$ begin; $$;$$ ; $b$ $a$', 'select 2'],
  ],
  ['dollars in names and parameters', 'select a$b$, $1; select $b$;$b$;', ['select a$b$, $1', 'select $b$;$b$']],
  [
    'comments, nested ones too',
    "select 1 /* ; /* ; */ ; */ + 1 -- ; ' $$\n; -- '\nselect 2;",
    ['select 1   + 1 \n', 'select 2'].map((text) => text.trim()),
  ],
  [
    'a body in plain SQL',
    'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3;',
    [
      'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end',
      'select 3',
    ],
  ],
  ['a transaction, which is no body', 'begin; select 1; end; select 2;', ['begin', 'select 1', 'end', 'select 2']],
  [
    'the actions of a rule',
    'create rule r as on insert to t do (select 1; select 2); select 3;',
    ['create rule r as on insert to t do (select 1; select 2)', 'select 3'],
  ],
  [
    'commands and escaped semicolons',
    '\\restrict x9\nselect 1 \\; select 2;\n\\echo it; is\nselect 3\n\\g\n',
    ['\\restrict x9', 'select 1 ; select 2', '\\echo it; is', 'select 3'],
  ],
  [
    'rows that look like anything',
    "copy t (a) FROM stdin;\nit's; $$ \\\\ /* --\n\\N\n\\.\nselect 2;",
    ['copy t (a) FROM stdin', "row it's; $$ \\\\ /* --", 'row \\N', 'select 2'],
  ],
  [
    'rows and lines that end as on Windows',
    'copy t (a) FROM stdin;\r\n1\r\n\\.\r\nselect\r\n 2;\r\n',
    ['copy t (a) FROM stdin', 'row 1', 'select\r\n 2'],
  ],
  [
    'a last statement without a semicolon, empty ones, and a mark at the beginning',
    '\u00ef\u00bb\u00bf;;\n ; select 1',
    ['select 1'],
  ],
])('%s', async (_, script, pieces) => {
  expect(await piecesOf(script)).toEqual(pieces);
});

test('without standard strings a backslash escapes a quote', async () => {
  expect(await piecesOf(String.raw`select 'it\'s;'; select 2;`, false)).toEqual([
    String.raw`select 'it\'s;'`,
    'select 2',
  ]);
});
