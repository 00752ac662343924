import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

/** Not part of the repository, or written by a tool. */
const SKIPPED = new Set(['node_modules', '.git', '.portage', 'cdk.out', 'package-lock.json']);

/** Any other way to cite a numbered race: a search for RACE-12 finds every mention only if there is one spelling. */
const OTHER_SPELLING = /\bRACES?[ _]?\d|\bRACES-\d|\bRaces? #?\d|\brace[- ]\d/;

function textFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !SKIPPED.has(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return textFiles(path);
      return /\.(?:ts|mjs|json|yaml|md|sql)$/.test(entry.name) ? [path] : [];
    });
}

test('numbered races are spelled RACE-12', () => {
  const others = textFiles(ROOT).flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => OTHER_SPELLING.test(line))
      .map((line) => `${path.slice(ROOT.length + 1)}: ${line.trim()}`),
  );
  expect(others).toEqual([]);
});
