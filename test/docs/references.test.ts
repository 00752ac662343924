import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readRaceTable } from './race-table.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ROOMS = ['src', 'handlers', 'local', 'infra', 'statemachines', 'test', 'bench', 'examples', 'docs', 'runbooks'];
const IGNORED = /(^|\/)(node_modules|cdk\.out|\.portage|\.git)(\/|$)/;

function filesUnder(room: string, ends: RegExp): readonly string[] {
  return readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .map((file) => `${room}/${file.replaceAll('\\', '/')}`)
    .filter((file) => ends.test(file) && !IGNORED.test(file));
}

const documents = [
  ...readdirSync(ROOT).filter((file) => file.endsWith('.md')),
  ...ROOMS.flatMap((room) => filesUnder(room, /\.md$/)),
].filter((file) => !/^examples\/.*generated\//.test(file));
const code = ROOMS.flatMap((room) => filesUnder(room, /\.(ts|mjs|ya?ml)$/)).filter(
  (file) => !file.startsWith('test/docs/'),
);
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Fails on every citation that `find` gives of a file. */
function broken(files: readonly string[], find: (text: string, file: string) => readonly string[]): readonly string[] {
  return files.flatMap((file) => find(read(file), file).map((citation) => `${file}: ${citation}`));
}

test('each path that a document names exists', () => {
  const path = new RegExp(`\`((?:${ROOMS.join('|')})/[\\w./-]+)\``, 'g');
  const missing = broken(documents, (text) =>
    [...text.matchAll(path)].map((match) => match[1] ?? '').filter((name) => !existsSync(join(ROOT, name))),
  );
  expect(missing).toEqual([]);
});

test('each link in a document leads to a file', () => {
  const missing = broken(documents, (text, file) =>
    [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1] ?? '')
      .filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(ROOT, dirname(file), link))),
  );
  expect(missing).toEqual([]);
});

test('each document that a comment cites exists', () => {
  const missing = broken(code, (text) =>
    [...text.matchAll(/\b(?:docs|runbooks)\/[\w./-]+\.md|\b(?:CONTRIBUTING|ARCHITECTURE|README|CHANGELOG)\.md/g)]
      .map((match) => match[0])
      .filter((name) => !existsSync(join(ROOT, name))),
  );
  expect(missing).toEqual([]);
});

test('each race that is cited is in docs/protocol.md', () => {
  const races = new Set(readRaceTable(read('docs/protocol.md')).map(({ race }) => race));
  const unknown = broken([...documents, ...code], (text) =>
    [...text.matchAll(/\bRACE-0*(\d+)/g)].filter((match) => !races.has(Number(match[1]))).map((match) => match[0]),
  );
  expect(unknown).toEqual([]);
});

test('each rule that is cited is one of docs/protocol.md', () => {
  const rules = new Set([...read('docs/protocol.md').matchAll(/\*\*Rule ([a-z]):/g)].map((match) => match[1]));
  expect([...rules]).toEqual(['a', 'b', 'c', 'd']);
  const unknown = broken([...documents, ...code], (text) =>
    [...text.matchAll(/\(rule ([a-z])\)/g)].filter((match) => !rules.has(match[1])).map((match) => match[0]),
  );
  expect(unknown).toEqual([]);
});

test('nothing cites papers that are not in the repository', () => {
  const papers = /\b(?:DESIGN|STYLE)\b(?: \d+|,|\)|\.md)|\bFACTS(?:\.md|,| \d|\))/g;
  expect(broken([...documents, ...code], (text) => [...text.matchAll(papers)].map((match) => match[0]))).toEqual([]);
});
