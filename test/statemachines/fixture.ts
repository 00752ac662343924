import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ListExecutionsCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { DeleteCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { readDefinitions } from '../../infra/definition.ts';
import { handlerFiles } from '../../infra/handler-files.ts';
import { readManifest } from '../../infra/manifest.ts';
import type { Gate } from '../../src/domain/gates/gate.ts';
import { openGate } from '../../src/domain/gates/gate-store.ts';
import { planSchema, type Plan } from '../../src/domain/plan/plan.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import type { SourceAccess } from '../../src/domain/ports/source-access.ts';
import { innermost } from '../../src/domain/progress/failure.ts';
import { rollBack } from '../../src/domain/recovery/return-reads.ts';
import { createExecutions } from '../../src/adapters/states/executions.ts';
import { startControl } from '../control-record.ts';
import { eventually, startHarness } from '../local/aws/states/harness.ts';
import { lockClaim, failure } from '../../handlers/wiring/event.ts';
import * as z from 'zod';
import { fillIn } from './fill-in.ts';

const root = join(import.meta.dirname, '../..');
const PLAN_FILE = join(root, 'examples', 'campaigns', 'plan.json');

/** Handlers that need nothing but the control table and Step Functions run as they are. */
const REAL = [
  'acquire-lock',
  'assert-recovered',
  'classify-failure',
  'close-recovery',
  'decide-gate',
  'enter-phase',
  'escalate',
  'leave-phase',
  'move-mode',
  'open-recovery',
  'read-mode',
  'record-failure',
  'release-lock',
  'require-clean',
] as const;

const gateEvent = z.object({
  gate: z.enum([
    'enter-cutover',
    'hold-stage',
    'decommission',
    'recover-data-loss',
    'recover-performance',
    'recover-cost',
  ]),
  run: z.string(),
  now: z.string(),
  token: z.string(),
  evidence: z.unknown(),
  expiresInSeconds: z.number(),
});

const CHILDREN: readonly string[] = ['load', 'verify'];

const CLEAN = { clean: true, mismatches: 0, unverified: 0, rowsCompared: 9, mismatchPercent: 0 };

export type Fixture = Awaited<ReturnType<typeof startFixture>>;

/**
 * The state machines on the local Step Functions, with the real control table; whatever touches a database is scripted.
 *
 * @param options.whole load and verify run as they are, with their functions scripted by the test, instead of as one call each
 */
export async function startFixture(options: { readonly whole?: boolean } = {}) {
  const engine = await startControl();
  const states = await startHarness();
  const control = await engine.fresh('portage-control');
  const access: string[] = [];
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    AWS_ENDPOINT_URL_SFN: states.client.config.endpoint ? await endpointOf(states) : '',
    PORTAGE_CONTROL_TABLE: 'portage-control',
    PORTAGE_PLAN_FILE: PLAN_FILE,
  });
  const plan = readPlan();
  const handlers = handlerFiles(join(root, 'handlers'));
  for (const name of REAL) {
    const { handler } = await import(handlers.get(name) ?? name);
    states.functions.set(`portage-${name}`, handler);
  }
  const script = (name: string, answer: (event: unknown) => unknown): void =>
    states.functions.set(`portage-${name}`, answer);
  const machines = new Map<string, string>();
  const definitions = fillIn(
    readDefinitions(join(root, 'statemachines')),
    readManifest(join(root, 'infra', 'functions.json')).functions,
  );
  for (const [name, definition] of definitions) {
    if (CHILDREN.includes(name) && options.whole !== true) continue;
    machines.set(name, await states.create(JSON.parse(definition), `portage-${name}`));
  }
  for (const name of options.whole === true ? [] : CHILDREN)
    machines.set(name, await states.create(child(name), `portage-${name}`));
  const arnOf = (name: string): string => machines.get(name) ?? '';

  const sourceAccess: SourceAccess = {
    fence: () => Promise.resolve(void access.push('fence')),
    unfence: () => Promise.resolve(void access.push('unfence')),
    lockOutLogins: () => Promise.resolve([]),
    restoreLogins: () => Promise.resolve([]),
  };

  return {
    states,
    control,
    access,
    script,
    /** Names of the functions called so far, in order. */
    calls: (): readonly string[] => states.functions.calls.map(({ name }) => name.replace('portage-', '')),
    /** Nothing has happened yet, nothing of an earlier test goes on, and every scripted function does well. */
    async reset(): Promise<void> {
      for (const stateMachineArn of machines.values()) {
        const running = new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' });
        for (const { executionArn } of (await states.client.send(running)).executions ?? [])
          await states.client.send(new StopExecutionCommand({ executionArn }));
      }
      const { Items } = await engine.documents.send(new ScanCommand({ TableName: 'portage-control' }));
      for (const { PK, SK } of Items ?? [])
        await engine.documents.send(new DeleteCommand({ TableName: 'portage-control', Key: { PK, SK } }));
      states.functions.calls.length = 0;
      access.length = 0;
      scriptAll(script, control, plan, sourceAccess, states);
    },
    startRun: (run: string): Promise<string> => states.start(arnOf('migration'), { run }),
    start: (machine: string, input: unknown): Promise<string> => states.start(arnOf(machine), input),
    async executionsOf(machine: string) {
      const stateMachineArn = arnOf(machine);
      return (await states.client.send(new ListExecutionsCommand({ stateMachineArn }))).executions ?? [];
    },
    /** Waits for a gate and decides it as so many persons as it takes. */
    async decide(name: string, decision: 'approve' | 'reject' = 'approve'): Promise<void> {
      const gate = await eventually(async () => {
        const gates = await control.list<Gate>('GATE');
        return gates.find(({ value }) => value.gate === name && value.status === 'open')?.value ?? null;
      });
      const persons = decision === 'reject' ? ['ann'] : ['ann', 'bob'].slice(0, gate.approvalsNeeded);
      for (const by of persons) {
        const { gate: id, run, evidenceHash } = gate;
        const done = await states.ended(
          await states.start(arnOf('decide-gate'), { gate: id, run, decision, by, evidenceHash }),
        );
        if (done.status !== 'SUCCEEDED') throw new Error(`${done.error}: ${done.cause}`);
      }
    },
    async stop(): Promise<void> {
      await states.stop();
      await engine.stop();
    },
  };
}

async function endpointOf(states: Awaited<ReturnType<typeof startHarness>>): Promise<string> {
  const { protocol, hostname, port } = (await states.client.config.endpoint?.()) ?? {};
  return `${protocol}//${hostname}:${port}`;
}

function readPlan(): Plan {
  return planSchema.parse(JSON.parse(readFileSync(PLAN_FILE, 'utf8')));
}

/** Load and verify have tests of their own: here they are one call each, whose answer a test sets. */
function child(name: string): object {
  const fn = `arn:aws:lambda:us-east-1:000000000000:function:portage-child-${name}`;
  const run = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: fn, Payload: '{% $states.input %}' },
    Output: '{% $states.result.Payload %}',
    End: true,
  };
  return { StartAt: 'Run', States: { Run: run } };
}

function scriptAll(
  script: (name: string, answer: (event: unknown) => unknown) => void,
  control: ControlTable,
  plan: Plan,
  sourceAccess: SourceAccess,
  states: Awaited<ReturnType<typeof startHarness>>,
): void {
  const executions = createExecutions({ client: states.client });
  script('child-load', () => ({ rows: 9 }));
  script('child-verify', (event) => ({ ...CLEAN, ...z.object({ run: z.string() }).parse(event) }));
  script('check-trigger-proof', () => ({ proven: true, proofs: 1 }));
  script('measure-coverage', () => ({ percent: 100 }));
  script('install-capture', async () => {
    const { epoch: _epoch, ...state } = await control.mode();
    await control.move(await control.mode(), {
      ...state,
      mode: 'capture',
      generation: state.generation + 1,
      stoppedFrom: null,
      mappingRevision: 0,
    });
    const { generation } = await control.mode();
    await control.saveFacts({ generation, catalogue: { tables: {}, fingerprint: 'f' }, shards: {} });
    return { generation };
  });
  let nights = 0;
  script('check-window', () => ({ holds: (nights += 1) > 2, reasons: [], day: nights, nights: [] }));
  script('check-gate', () => ({}));
  script('evaluate-guard', () => ({ verdict: 'pass' }));
  script('return-reads', async (event) => {
    const input = lockClaim.extend({ failure, takesLock: z.boolean().default(false) }).parse(event);
    const ports = { control, plan, sourceAccess, executions };
    const { state, returned } = await rollBack(ports, { ...input, failure: innermost(input.failure) });
    return { mode: state.mode, returned };
  });
  script('open-gate', async (event) => void (await openGate(control, gateEvent.parse(event))));
  script('ensure-snapshot', () => ({ ready: true, snapshotId: 's', createdAt: null }));
  let restores = 0;
  script('restore-cluster', () =>
    (restores += 1) % 3 === 0
      ? { ready: true, clusterId: 'temporary', clusterArn: 'arn', secretArn: 'secret' }
      : { ready: false, waitingFor: 'instance' },
  );
  // Each entity takes two calls.
  script('compare-restored', (event) => {
    const { entity, from } = z.object({ entity: z.string(), from: z.unknown() }).parse(event);
    const done = from !== null;
    return { entity, restored: 1, live: 1, explained: 0, unexplained: 0, digest: '', after: done ? null : ['1'], done };
  });
  script('finish-restore', () => ({}));
  let removals = 0;
  script('remove-restored', () => ({ ready: (removals += 1) % 2 === 0 }));
  let gathered = 0;
  // The first look still finds plain SQL in use.
  script('collect-decommission-evidence', () => ({
    restore: 'compared',
    sqlUses: { days: 7, uses: (gathered += 1) === 1 ? 3 : 0 },
  }));
  script('lock-out-logins', () => ({}));
  script('import-remaining-users', (event) => {
    const { after } = z.object({ after: z.string().nullable() }).parse(event);
    return { created: 1, present: 0, refused: 0, after: after === null ? 'm' : null, done: after !== null };
  });
  script('fence-source', () => sourceAccess.fence());
  script('relay', () => ({}));
  script('sweep', () => ({}));
  let drains = 0;
  script('check-drained', () => ({ empty: (drains += 1) > 1 }));
  let deletions = 0;
  script('delete-source', () => ({ ready: (deletions += 1) % 3 === 0 }));
  script('collect-performance', () => ({ stores: [] }));
  script('rank-cost', () => ({ operations: [] }));
}
