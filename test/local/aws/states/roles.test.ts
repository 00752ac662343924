import { ListExecutionsCommand, PublishStateMachineVersionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Harness, startHarness } from './harness.ts';

/** Actions that the role of every machine lacks. */
const denied = new Set<string>();
/** What the roles were asked for. */
const asked: unknown[] = [];

let states: Harness;
beforeAll(async () => {
  states = await startHarness({
    denial: (role, action, resource, context) => {
      asked.push([action, resource, context]);
      return denied.has(action) ? `${role} may not ${action} on ${resource}` : null;
    },
  });
  states.functions.set('answer', () => 1);
});
beforeEach(() => denied.clear());
afterAll(() => states.stop());

const ANSWER = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'answer' },
  End: true,
};

const parentOf = (child: string) => ({
  StartAt: 'Run',
  States: {
    Run: {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Arguments: { StateMachineArn: child },
      End: true,
    },
  },
});

test('a function that the role may not invoke is not invoked', async () => {
  denied.add('lambda:InvokeFunction');
  const calls = states.functions.calls.length;
  expect(await states.run({ Answer: ANSWER })).toMatchObject({
    status: 'FAILED',
    error: 'Lambda.AWSLambdaException',
    cause:
      'arn:aws:iam::000000000000:role/test may not lambda:InvokeFunction on answer (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException)',
  });
  expect(states.functions.calls).toHaveLength(calls);
});

test('a machine that the role may not start is not started', async () => {
  const child = await states.create({ StartAt: 'Answer', States: { Answer: ANSWER } });
  const parent = await states.create(parentOf(child));
  denied.add('states:StartExecution');
  const ended = await states.ended(await states.start(parent));
  expect(ended).toMatchObject({ status: 'FAILED', error: 'StepFunctions.AWSStepFunctionsException' });
  expect(ended.cause).toContain(`may not states:StartExecution on ${child}`);
  const { executions } = await states.client.send(new ListExecutionsCommand({ stateMachineArn: child }));
  expect(executions).toEqual([]);
});

test('a role is asked for the machine of the version that it starts, and for the version of the function that it invokes', async () => {
  const calling = { ...ANSWER, Arguments: { FunctionName: 'answer', Qualifier: '7' } };
  const child = await states.create({ StartAt: 'Answer', States: { Answer: calling } });
  const { stateMachineVersionArn = '' } = await states.client.send(
    new PublishStateMachineVersionCommand({ stateMachineArn: child }),
  );
  asked.length = 0;
  await states.ended(await states.start(await states.create(parentOf(stateMachineVersionArn))));
  const qualifier = { 'states:StateMachineQualifier': stateMachineVersionArn.split(':').at(-1) };
  expect(asked).toContainEqual(['states:StartExecution', child, qualifier]);
  expect(asked).toContainEqual(['lambda:InvokeFunction', 'answer:7', {}]);
});

test('a role without the rule for the end of children makes no machine that waits for one', async () => {
  const child = await states.create({ StartAt: 'Answer', States: { Answer: ANSWER } });
  denied.add('events:PutRule');
  await expect(states.create(parentOf(child))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: "'arn:aws:iam::000000000000:role/test' is not authorized to create managed-rule.",
  });
  await states.create({ StartAt: 'Answer', States: { Answer: ANSWER } });
});

test('the parts of a distributed map are started with the right to start the machine itself', async () => {
  denied.add('states:StartExecution');
  const each = {
    Type: 'Map',
    Items: [1, 2],
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'Answer',
      States: { Answer: ANSWER },
    },
    End: true,
  };
  const ended = await states.run({ Each: each });
  expect(ended).toMatchObject({ status: 'FAILED', error: 'StepFunctions.AWSStepFunctionsException' });
});
