import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readRaceTable, testColumn, testsByRace, WITHOUT_TEST } from './race-table.ts';

const table = readRaceTable(readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8'));
const tests = testsByRace();

test('the races are numbered from 1 without a gap', () => {
  expect(table.map(({ race }) => race)).toEqual(table.map((_, index) => index + 1));
  expect(table.length).toBeGreaterThanOrEqual(78);
});

test('each race names the tests that cover it, or says why there is none (npm run docs:races)', () => {
  expect(table.filter(({ race, tests: column }) => column === '' || column !== testColumn(race, tests))).toEqual([]);
});

test('tests name only races of the table, and no race with tests is excused', () => {
  const known = new Set(table.map(({ race }) => race));
  expect([...tests.keys()].filter((race) => !known.has(race))).toEqual([]);
  expect([...WITHOUT_TEST.keys()].filter((race) => tests.has(race))).toEqual([]);
});
