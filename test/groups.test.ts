import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { testGroups, wayToStarter } from './groups.mjs';

const groups = testGroups();

test('every test is in one group', () => {
  const all = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(import.meta.dirname, name));
  expect(Object.values(groups).flat().sort()).toEqual(all.sort());
});

test('no unit test, and not the explorer, reaches anything that starts an engine or a process', () => {
  expect([...groups.unit, ...groups.explorer].flatMap((path) => wayToStarter(path) ?? [])).toEqual([]);
});

test.each([
  ['itself', 'local/process/process.test.ts'],
  ['through a fixture', 'client/crash.test.ts'],
  ['through a package', 'local/aws/s3/s3.test.ts'],
])('a test that starts an engine %s is in the engines group', (_, name) => {
  expect(groups.engines).toContain(join(import.meta.dirname, name));
});

test('the scenarios are a group of their own', () => {
  expect(groups.scenarios.length).toBeGreaterThan(0);
  expect(groups.scenarios.every((path) => path.startsWith(join(import.meta.dirname, 'scenarios')))).toBe(true);
});
