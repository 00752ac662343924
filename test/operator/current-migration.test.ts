import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type ExecutionStatus,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { beforeEach, expect, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { portage } from './portage.ts';

const states = mockClient(SFNClient);
const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:portage-migration';
const ENVIRONMENT = { AWS_REGION: 'us-east-1', PORTAGE_CONTROL_TABLE: 'control' };

beforeEach(() => void states.reset());

interface Past extends Partial<Pick<DescribeExecutionCommandOutput, 'error' | 'redriveStatus'>> {
  readonly name: string;
  readonly status: ExecutionStatus;
  /** Whether a task was entered. */
  readonly begun: boolean;
}

/** Executions of the migration, newest first. */
function given(executions: readonly Past[]): void {
  states.on(ListStateMachinesCommand).resolves({
    stateMachines: [{ name: 'portage-migration', stateMachineArn, type: 'STANDARD', creationDate: new Date(0) }],
  });
  states.on(ListExecutionsCommand).resolves({
    executions: executions.map(({ name, status }) => ({
      executionArn: name,
      stateMachineArn,
      name,
      status,
      startDate: new Date(0),
    })),
  });
  for (const { name: executionArn, begun, ...described } of executions) {
    states.on(DescribeExecutionCommand, { executionArn }).resolves({ executionArn, ...described });
    const type = begun ? 'TaskStateEntered' : 'PassStateEntered';
    states
      .on(GetExecutionHistoryCommand, { executionArn })
      .resolves({ events: [{ id: 1, timestamp: new Date(0), type }] });
  }
  states.on(RedriveExecutionCommand).resolves({});
  states.on(StartExecutionCommand).resolves({ executionArn: 'new' });
}

const MISTAKE: Past = { name: 'mistake', status: 'FAILED', error: 'States.QueryEvaluationError', begun: false };
const LOCKED: Past = { name: 'locked', status: 'FAILED', error: 'LockHeld', begun: true };
const FAILED: Past = {
  name: 'failed',
  status: 'FAILED',
  error: 'PhaseFailed',
  begun: true,
  redriveStatus: 'REDRIVABLE',
};

test.each<[string, readonly Past[]]>([
  ['the newest that failed', [FAILED]],
  ['not one of a wrong input, or that found the lock taken', [LOCKED, MISTAKE, FAILED]],
  ['one whose later state could not be evaluated', [{ ...FAILED, error: 'States.QueryEvaluationError' }]],
])('resume redrives %s', async (_, executions) => {
  given(executions);
  expect(await portage(['resume'], ENVIRONMENT)).toMatchObject({ error: '', out: 'redriven: failed\n' });
});

test('resume starts anew what Step Functions redrives no more', async () => {
  given([{ ...FAILED, redriveStatus: 'NOT_REDRIVABLE' }]);
  expect(await portage(['resume'], ENVIRONMENT)).toMatchObject({ error: '', out: expect.stringContaining('new') });
  expect(states.commandCalls(RedriveExecutionCommand)).toHaveLength(0);
});

test('whatever was started since, the execution that runs is the migration', async () => {
  given([MISTAKE, { name: 'first', status: 'RUNNING', begun: true }]);
  expect((await portage(['start'], ENVIRONMENT)).error).toContain('the migration is running');
});

test('with nothing but mistakes there is nothing to resume', async () => {
  given([MISTAKE]);
  expect((await portage(['resume'], ENVIRONMENT)).error).toContain('nothing to resume');
});
