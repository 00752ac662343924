import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import * as z from 'zod';
import { readDefinitions } from '../../infra/definition.ts';
import { createExecutions } from '../../src/adapters/states/executions.ts';
import { GATES } from '../../src/domain/gates/names.ts';
import { decideGate, openGate } from '../../src/domain/gates/gate-store.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import { enterPhase } from '../../src/domain/progress/phase.ts';
import { openRecovery } from '../../src/domain/recovery/recovery.ts';
import { type ControlOnDynamoDb, startControl } from '../control-record.ts';
import { type Harness, startHarness } from '../local/aws/states/harness.ts';
import { portage, type Ran } from './portage.ts';

// The commands on the real gate records and the real decide-gate machine.

const now = '2026-11-22T10:00:00.000Z';
const opening = z.object({ gate: z.enum(GATES), run: z.string(), token: z.string(), evidence: z.unknown() });
const decision = z.object({
  gate: z.enum(GATES),
  run: z.string(),
  decision: z.enum(['approve', 'reject']),
  by: z.string(),
  evidenceHash: z.string(),
  now: z.string(),
});

let dynamodb: ControlOnDynamoDb;
let states: Harness;
let control: ControlTable;
let environment: NodeJS.ProcessEnv;
let tables = 0;

function arn(name: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
}

const run = (...args: string[]): Promise<Ran> => portage(args, environment);

beforeAll(async () => {
  [dynamodb, states] = await Promise.all([startControl(), startHarness()]);
  const text = readDefinitions(join(import.meta.dirname, '../../statemachines')).get('decide-gate') ?? '';
  const definition: unknown = JSON.parse(text.replace('${DecideGateArn}', arn('portage-decide-gate')));
  await states.create(z.looseObject({}).parse(definition), 'portage-decide-gate');
  await states.create(
    {
      StartAt: 'Wait',
      States: {
        Wait: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          Arguments: {
            FunctionName: arn('portage-open-gate'),
            Payload: {
              gate: '{% $states.input.gate %}',
              run: '{% $states.input.run %}',
              evidence: '{% $states.input.evidence %}',
              token: '{% $states.context.Task.Token %}',
            },
          },
          End: true,
        },
      },
    },
    'portage-migration',
  );
  states.functions.set('portage-open-gate', (event) =>
    openGate(control, { ...opening.parse(event), expiresInSeconds: 3600, now }),
  );
  states.functions.set('portage-decide-gate', (event) =>
    decideGate(control, createExecutions({ client: states.client }), { ...decision.parse(event), now }),
  );
}, 120_000);

afterAll(async () => {
  await Promise.all([dynamodb.stop(), states.stop()]);
});

beforeEach(async () => {
  const name = `operator-${(tables += 1)}`;
  control = await dynamodb.fresh(name);
  const at = await states.client.config.endpoint?.();
  environment = {
    PORTAGE_CONTROL_TABLE: name,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_SFN: `${at?.protocol}//${at?.hostname}:${at?.port}`,
  };
});

/** An execution that waits at a gate. */
async function waiting(gate: string, evidence: object): Promise<string> {
  const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:portage-migration';
  const execution = await states.start(machine, { gate, run: 'r1', evidence });
  const until = performance.now() + 20_000;
  while ((await control.list('GATE')).length === 0) {
    if (performance.now() > until) throw new Error('the gate was not opened within 20 s');
  }
  return execution;
}

test('gates shows the evidence and the steps that follow, and never the token', async () => {
  const execution = await waiting('enter-cutover', { day: 14 });
  const { out } = await run('gates', '--json');
  const [gate] = z.array(z.looseObject({ gate: z.string(), evidence: z.unknown() })).parse(JSON.parse(out));
  expect(gate).toMatchObject({ gate: 'enter-cutover', evidence: { day: 14 }, approvalsNeeded: 1 });
  expect(out).not.toContain('"token"');
  const people = await run('gates');
  expect(people.out).toContain('repeat the checks of this gate');
  expect((await run('approve', 'enter-cutover', '--by', 'ada')).out).toBe('enter-cutover: approved by ada\n');
  expect((await states.ended(execution)).status).toBe('SUCCEEDED');
  expect((await run('gates')).out).toBe('no gate is open\n');
});

test('a gate of two persons says who is missing, refuses the same person, and opens with the second', async () => {
  const execution = await waiting('decommission', { unexplained: 0 });
  expect((await run('approve', 'decommission', '--by', 'ada')).out).toContain('1 more, by somebody else');
  expect(await run('approve', 'decommission', '--by', 'ada')).toMatchObject({
    exitCode: 1,
    error: expect.stringContaining('different persons'),
  });
  expect((await states.describe(execution)).status).toBe('RUNNING');
  await run('approve', 'decommission', '--by', 'grace');
  expect((await states.ended(execution)).status).toBe('SUCCEEDED');
});

test('a decision on other evidence than the gate shows is refused before anything is sent', async () => {
  const execution = await waiting('recover-cost', { rcu: 12 });
  expect(await run('reject', 'recover-cost', '--by', 'ada', '--evidence', 'feed')).toMatchObject({
    exitCode: 1,
    error: expect.stringContaining('shows other evidence now'),
  });
  await run('reject', 'recover-cost', '--by', 'ada');
  expect(await states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'GateRejected' });
});

test('unknown gates and gates that are not open are told apart, each with what could be meant', async () => {
  expect((await run('approve', 'delete-postgresql', '--by', 'ada')).error).toContain(`gates are ${GATES.join(', ')}`);
  expect((await run('approve', 'hold-stage', '--by', 'ada')).error).toBe(
    'gate hold-stage is not open; open now: none (see `portage gates`)',
  );
});

test('status says where everything stands', async () => {
  const from = await control.mode();
  await control.move(from, { mode: 'capture', readPercent: 0, generation: 1, stoppedFrom: null, mappingRevision: 0 });
  await enterPhase(control, { phase: 'dual-write', run: 'r1', now, skip: false });
  await openRecovery(control, {
    run: 'r1',
    cause: 'performance',
    phase: 'cutover',
    error: 'ReadsDegraded',
    message: 'errors',
    openedAt: now,
    redrives: 0,
  });
  const scope = { entity: null, sample: null };
  const verification = { clean: true, rowsCompared: 5, mismatches: 0, unverified: 0, scope };
  await control.write('VERIFICATION', 'a-later', { ...verification, run: 'a-later', finishedAt: '2026-11-22' }, 0);
  await control.write('VERIFICATION', 'b-earlier', { ...verification, run: 'b-earlier', finishedAt: '2026-11-21' }, 0);
  const { out } = await run('status', '--json');
  expect(JSON.parse(out)).toMatchObject({
    mode: 'capture',
    phases: [{ phase: 'dual-write', status: 'running' }],
    openRecoveries: [{ cause: 'performance' }],
    lastVerification: { run: 'a-later' },
  });
  const people = await run('status');
  expect(people.out).toContain('recovery      performance, run r1: ReadsDegraded: errors');
  expect(people.out).toContain('2026-11-22 (a-later): 5 rows, 0 mismatches, 0 unverified');
});

test('a stack that is not there is one line with the remedy', async () => {
  environment['AWS_ENDPOINT_URL_DYNAMODB'] = 'http://127.0.0.1:9';
  const { error, exitCode } = await run('gates');
  expect(exitCode).toBe(1);
  expect(error).toMatch(/^[^\n]*is `portage up` running[^\n]*$/);
}, 30_000);

test('verify and accept before any start are one line that says how to begin', async () => {
  expect(await run('verify')).toMatchObject({
    exitCode: 1,
    error: 'nothing to verify yet (mode off, nothing loaded): begin with `portage start`',
  });
  expect((await run('accept', 'USER', '1', '--by', 'ada', '--reason', 'checked')).error).toBe(
    'no full verification has finished yet: begin with `portage verify`',
  );
});
