import { expect, test } from '@jest/globals';
import { toPositional } from '../../../../src/adapters/postgres/connection/named-parameters.ts';

test('a name becomes a number, and the same name the same number', () => {
  expect(toPositional('select :a, :b, :a where x=:long_name1')).toEqual({
    text: 'select $1, $2, $1 where x=$3',
    names: ['a', 'b', 'long_name1'],
  });
});

test('a parameter may touch a cast, a bracket and a comma', () => {
  expect(toPositional('select (:a)::uuid,:b::text[],array[:c,:d]').text).toBe(
    'select ($1)::uuid,$2::text[],array[$3,$4]',
  );
});

test.each([
  ['casts', 'select x::int, y ::text'],
  ['strings', `select ':a', 'it''s :a', ''':a'`],
  ['strings with a backslash, which does not escape', String.raw`select 'c:\', 1 as "x:a"`],
  ['escape strings', String.raw`select E'\' :a', e'\\\' :a', E'x'' :a'`],
  ['quoted names', 'select ":a", "b"":a"'],
  ['dollar quotes', 'select $$ :a $$, $tag$ :a $$ :b $tag$, $é$ :a $é$'],
  ['line comments', "select 1 -- it's :a\n, 2"],
  ['nested block comments', 'select /* :a /* :b */ :c */ 1'],
  ['an unfinished comment', 'select 1 /* :a'],
  ['named arguments', 'select f(a := 1)'],
  ['a lone colon', 'select x[1: 2]'],
])('%s stay as they are', (_, sql) => {
  expect(toPositional(sql)).toEqual({ text: sql, names: [] });
});

test('what only looks like a quote does not swallow a parameter', () => {
  expect(toPositional(`select like'x', :a, tab$le$b, :c`).names).toEqual(['a', 'c']);
  expect(toPositional(String.raw`select 'c:\', :a, 'd'`).names).toEqual(['a']);
  expect(toPositional(`select E'\\\\', :a, 'x'`).names).toEqual(['a']);
  expect(toPositional("select /* it's */ :a").names).toEqual(['a']);
  expect(toPositional('select a$1, :b').names).toEqual(['b']);
});

test('a long statement is read in reasonable time', () => {
  const body = `'${"x''".repeat(300_000)}'`;
  expect(toPositional(`insert into t values (${body}, :a)`).names).toEqual(['a']);
});
