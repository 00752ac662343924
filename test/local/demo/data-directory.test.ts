import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from '@jest/globals';

import { openDataDirectory } from '../../../local/demo/data-directory.ts';

const root = mkdtempSync(join(tmpdir(), 'demo-'));
afterAll(() => rmSync(root, { recursive: true }));
const fresh = { seed: 1, scale: 1, run: 'today' };

test('a fresh demo wipes what an earlier one left, a resumed one keeps it and its run', () => {
  const path = join(root, 'one');
  const first = openDataDirectory(path, fresh, false);
  first.seeded({ 'public.users': 2 });
  writeFileSync(first.ledgerFile, 'x');
  first.release();
  const resumed = openDataDirectory(path, { ...fresh, run: 'tomorrow', scale: 3 }, true);
  expect(resumed.runState).toMatchObject({
    run: 'today',
    scale: 1,
    seeded: true,
    rows: { 'public.users': 2 },
    resumes: 1,
  });
  expect(existsSync(resumed.ledgerFile)).toBe(true);
  const again = openDataDirectory(path, { ...fresh, run: 'tomorrow' }, false);
  expect(again.runState).toMatchObject({ run: 'tomorrow', seeded: false, resumes: 0 });
  expect(existsSync(again.ledgerFile)).toBe(false);
});

test('a directory that is not a demo’s is left alone', () => {
  const path = join(root, 'two');
  mkdirSync(path);
  writeFileSync(join(path, 'thesis.txt'), 'irreplaceable');
  expect(() => openDataDirectory(path, fresh, false)).toThrow(/does not belong to a demo/);
  expect(existsSync(join(path, 'thesis.txt'))).toBe(true);
});

test('without a demo to go on with, --resume says so', () => {
  expect(() => openDataDirectory(join(root, 'three'), fresh, true)).toThrow(/leave out --resume/);
});
