import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from '@jest/globals';

import { ownDatabase } from '../../../local/demo/demo-source.ts';
import { evaluateGuard } from '../../../src/domain/cutover/guard.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
import { planText } from '../../domain/campaigns.ts';

const root = mkdtempSync(join(tmpdir(), 'subject-'));
afterAll(() => rmSync(root, { recursive: true }));

test('a stage with few reads, one of them slow, passes on this machine, and what is eased is said', () => {
  const [planFile, script] = [join(root, 'given.json'), join(root, 'shop.sql')];
  writeFileSync(planFile, JSON.stringify(planText));
  writeFileSync(script, 'SELECT 1;\n');
  const said: string[] = [];
  const { planFile: adapted } = ownDatabase(planFile, [script], root, {
    say: (_, text) => void said.push(text),
    status: () => undefined,
    clear: () => undefined,
    lines: () => undefined,
  });
  const { cutover } = planSchema.parse(JSON.parse(readFileSync(adapted ?? '', 'utf8')));
  const evidence = {
    reads: 88,
    readErrors: 0,
    p99: 386,
    baselineReads: 70,
    baselineP99: 11.8,
    compared: 20,
    mismatches: 0,
  };
  expect(evaluateGuard(evidence, cutover).verdict).toBe('pass');
  expect(evaluateGuard(evidence, planSchema.parse(planText).cutover).verdict).not.toBe('pass');
  expect(said.join(' ')).toMatch(/a p99 of 1500 ms .*in the plan .*a p99 of 20 ms/);
});
