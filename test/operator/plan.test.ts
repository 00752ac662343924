import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Awkwards, startAwkwards } from '../adapters/postgres/awkward/world.ts';
import { portage } from './portage.ts';

const folder = mkdtempSync(join(tmpdir(), 'portage-plan-'));
const example = join(import.meta.dirname, '../../examples/campaigns');
let awkwards: Awkwards;
beforeAll(async () => {
  awkwards = await startAwkwards();
}, 60_000);
afterAll(async () => {
  await awkwards.stop();
  rmSync(folder, { recursive: true, force: true });
});

const finding = z.object({ name: z.string(), severity: z.string(), path: z.string(), evidence: z.string() });
const template = z.object({ PK: z.string(), SK: z.string() });
const drafted = z.object({
  plan: z.object({
    table: z.object({ indexes: z.array(z.string()) }),
    exclude: z.record(z.string(), z.string()),
    entities: z.record(z.string(), z.looseObject({ from: z.string(), key: template })),
    patterns: z.record(z.string(), z.looseObject({})),
  }),
  remarks: z.array(z.object({ path: z.string(), text: z.string() })),
  findings: z.array(finding),
});
const checked = z.object({
  source: z.boolean(),
  findings: z.array(finding),
  estimate: z
    .object({
      items: z.number(),
      bytes: z.number(),
      objects: z.object({ count: z.number() }),
      load: z.object({ writeUnits: z.number() }),
      entities: z.array(z.object({ entity: z.string(), items: z.number() })),
    })
    .nullable(),
});

async function init(url: string, name: string, ...more: readonly string[]) {
  const out = join(folder, `${name}.json`);
  const ran = await portage(['plan', 'init', '--source', url, '--out', out, '--json', ...more]);
  expect(ran.error).toBe('');
  return { out, ...drafted.parse(JSON.parse(ran.out)) };
}

async function check(url: string, file: string) {
  const ran = await portage(['plan', 'check', '--plan', file, '--source', url, '--json']);
  expect(ran.error).toBe('');
  return { exitCode: ran.exitCode, ...checked.parse(JSON.parse(ran.out)) };
}

test('the draft of the reference application passes the check', async () => {
  const url = await awkwards.create('campaigns', readFileSync(join(example, 'schema.sql'), 'utf8'));
  const { out, plan } = await init(url, 'campaigns');
  const { exitCode, findings } = await check(url, out);
  expect(findings.filter(({ severity }) => severity === 'blocks')).toEqual([]);
  expect(exitCode).toBe(0);
  expect(Object.keys(plan.entities)).toEqual(['CAMPAIGN', 'CHARACTER', 'CONDITION', 'SESSION', 'USER']);
});
