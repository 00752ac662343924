import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { type Stack, startStack } from '../../../local/stack/start.ts';
import { runFolder } from '../../engine/run-folder.ts';
import { createControlTable } from '../../../src/adapters/control/control-table.ts';
import { contentHash } from '../../../src/domain/content-hash.ts';
import type { Gate } from '../../../src/domain/gates/gate.ts';

const library = (name: string): string => fileURLToPath(new URL(`../library/${name}`, import.meta.url));
const REGION = { region: 'us-east-1', credentials: CREDENTIALS };
const EVIDENCE = { rows: 262 };
const claim = { run: 'r', owner: 'arn:me' };

let stack: Stack;
let cloudwatch: CloudWatchClient;

beforeAll(async () => {
  stack = await startStack({
    dataDir: mkdtempSync(join(runFolder(), 'check-gate-')),
    planFile: library('plan.json'),
    schedules: 'off',
  });
  const source = new Client({ connectionString: stack.connectionString ?? '' });
  await source.connect();
  await source.query(readFileSync(library('schema.sql'), 'utf8'));
  await source.end();
  await stack.invoke('install-capture', { run: 'r' });
  cloudwatch = new CloudWatchClient({ ...REGION, endpoint: stack.endpoints.CLOUDWATCH });
  const dynamo = new DynamoDBClient({ ...REGION, endpoint: stack.endpoints.DYNAMODB });
  const control = createControlTable({
    client: DynamoDBDocumentClient.from(dynamo),
    tableName: stack.env['PORTAGE_CONTROL_TABLE'] ?? '',
  });
  const approvals = ['mara', 'ivo'].map((by) => ({ by, at: '' }));
  const [from, until] = ['2026-01-01T00:00:00.000Z', '2126-01-01T00:00:00.000Z'];
  await control.write('LOCK', 'migration', { ...claim, acquiredAt: from, expiresAt: until }, 0);
  const gate: Gate = {
    gate: 'decommission',
    run: 'r',
    status: 'approved',
    token: '',
    evidence: EVIDENCE,
    evidenceHash: contentHash(EVIDENCE),
    steps: [],
    openedAt: from,
    expiresAt: until,
    approvalsNeeded: 2,
    approvals,
  };
  await control.write('GATE', 'decommission#r', gate, 0);
  dynamo.destroy();
}, 120_000);
afterAll(async () => {
  cloudwatch?.destroy();
  await stack?.stop({ discard: true });
}, 60_000);

const report = (uses: number) =>
  cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: 'Portage',
      MetricData: [{ MetricName: 'SqlUses', Value: uses, Unit: 'Count' }],
    }),
  );

const check = (afterDays: number) =>
  stack.invoke('check-gate', {
    ...claim,
    gate: 'decommission',
    evidence: EVIDENCE,
    mode: 'capture',
    now: new Date(stack.clock.now() + 60_000 + afterDays * 86_400_000).toISOString(),
  });

test('an approved decommission gate stays closed until sql() was not used for as many days as the grace has', async () => {
  await expect(check(0)).rejects.toThrow(/usage of sql\(\) is unknown/);
  await report(1);
  await expect(check(0)).rejects.toThrow(/sql\(\) was used 1 times in 7 days/);
  await expect(check(6)).rejects.toThrow(/used 1 times/);
  await expect(check(8)).rejects.toThrow(/usage of sql\(\) is unknown/);
});
