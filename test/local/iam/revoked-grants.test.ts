import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SimulatedClock } from '../../../local/clock/clock.ts';
import { createSimulatedClock } from '../../../local/clock/simulated-clock.ts';
import { parseRevoked, revoke } from '../../../local/iam/revoke.ts';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { readProject } from '../../../local/stack/project.ts';
import { type Stack, startStack } from '../../../local/stack/start.ts';

const NOW = '2026-11-29T00:00:00.000Z';
const CLAIM = { run: 'r', owner: 'arn:aws:states:us-east-1:000000000000:execution:portage-migration:r', now: NOW };
const STAGE = { mode: 'reads', readPercent: 10 };

/** Grants that functions need for their first calls, each with an event that gets there. */
const FUNCTIONS = [
  ['acquire-lock', 'dynamodb:UpdateItem', CLAIM],
  ['read-mode', 'dynamodb:GetItem', {}],
  ['sweep', 'dynamodb:Query', {}],
  ['relay', 'dynamodb:GetItem', {}],
  ['decide-gate', 'dynamodb:Query', { gate: 'enter-cutover', decision: 'approve', by: 'ada', now: NOW }],
  [
    'open-gate',
    'kms:GenerateDataKey',
    { gate: 'enter-cutover', run: 'r', now: NOW, token: 't', evidence: {}, expiresInSeconds: 60 },
  ],
  ['evaluate-guard', 'cloudwatch:GetMetricData', { stage: STAGE, from: NOW, now: NOW }],
  ['measure-coverage', 'secretsmanager:GetSecretValue', CLAIM],
  ['install-capture', 'rds-data:ExecuteStatement', { run: 'r' }],
] as const;

/** Without the pauses between the tries of a state. */
function hurried(offsetFile: string): SimulatedClock {
  return createSimulatedClock({ realUpToMs: 0, compressedMs: 1, offsetFile });
}

let dataDir: string;
let stack: Stack;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'portage-revoked-'));
  const revoked = [
    ...FUNCTIONS.map(([of, action]) => ({ of, action })),
    { of: 'auth', action: 'lambda:InvokeFunction' },
  ];
  stack = await startStack({ dataDir, revoked, clock: hurried, schedules: 'off' });
}, 180_000);

afterAll(async () => {
  await stack?.stop({ discard: true });
  rmSync(dataDir, { recursive: true, force: true });
});

test.each(FUNCTIONS)('%s fails without %s, which its error names', async (name, action, event) => {
  await expect(stack.invoke(name, event)).rejects.toThrow(
    new RegExp(`assumed-role/[^ ]+/portage-${name} is not authorized to perform: ${action} `),
  );
});

test('a machine fails without lambda:InvokeFunction, which its error names', async () => {
  const client = new SFNClient({ endpoint: stack.endpoints.SFN, region: 'us-east-1', credentials: CREDENTIALS });
  const stateMachineArn = stack.machines['auth'];
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(CLAIM) }),
  );
  for (;;) {
    const { status, cause } = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (status === 'RUNNING') continue;
    expect({ status, cause }).toEqual({
      status: 'FAILED',
      cause: expect.stringMatching(/portage-auth is not authorized to perform: lambda:InvokeFunction on resource: /),
    });
    break;
  }
  client.destroy();
});

test('what is no grant, or nobody, is refused with what there is', async () => {
  expect(() => parseRevoked('relay')).toThrow('"relay" names no grant: write NAME:SERVICE:ACTION');
  const { deployment } = await readProject();
  expect(() => revoke(deployment, [{ of: 'nobody', action: 'dynamodb:Scan' }])).toThrow(
    /no function or state machine nobody/,
  );
  expect(() => revoke(deployment, [{ of: 'read-mode', action: 'dynamodb:Scan' }])).toThrow(
    'read-mode has no grant dynamodb:Scan: it has dynamodb:GetItem, dynamodb:Query',
  );
});
