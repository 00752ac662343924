import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { costCells, documentedCells } from './cost-table.ts';

test("the costs in docs/aws.md are the assessment's (npm run docs:costs)", () => {
  const text = readFileSync(new URL('../../docs/aws.md', import.meta.url), 'utf8');
  expect(documentedCells(text)).toEqual(costCells());
});
