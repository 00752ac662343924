import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListStateMachineVersionsCommand,
  PublishStateMachineVersionCommand,
  StartExecutionCommand,
  StopExecutionCommand,
  UpdateStateMachineCommand,
  ValidateStateMachineDefinitionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { outputOf, startHarness, type Harness } from './harness.ts';

let states: Harness;
beforeAll(async () => {
  states = await startHarness();
  states.functions.set('endless', () => new Promise(() => undefined));
});
afterAll(() => states.stop());

const ROLE = 'arn:aws:iam::000000000000:role/test';
const answering = (output: unknown) => ({ StartAt: 'A', States: { A: { Type: 'Succeed', Output: output } } });
const hanging = {
  StartAt: 'Hang',
  States: {
    Hang: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: 'endless' },
      End: true,
    },
  },
};

test('A machine is created once, described, listed, updated and deleted', async () => {
  const arn = await states.create(answering(1), 'made');
  expect(await states.create(answering(1), 'made')).toBe(arn);
  await expect(states.create(answering(2), 'made')).rejects.toMatchObject({ name: 'StateMachineAlreadyExists' });
  const described = await states.client.send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
  expect(described).toMatchObject({ name: 'made', status: 'ACTIVE', type: 'STANDARD', roleArn: ROLE });
  expect(JSON.parse(described.definition ?? '')).toMatchObject(answering(1));
  const { stateMachines } = await states.client.send(new ListStateMachinesCommand({}));
  expect(stateMachines?.map(({ name }) => name)).toContain('made');

  const first = await states.ended(await states.start(arn));
  const definition = JSON.stringify({ QueryLanguage: 'JSONata', ...answering(2) });
  await states.client.send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition }));
  expect(outputOf(await states.ended(await states.start(arn)))).toBe(2);
  const then = await states.client.send(
    new DescribeStateMachineForExecutionCommand({ executionArn: first.executionArn }),
  );
  expect(JSON.parse(then.definition ?? '')).toMatchObject(answering(1));

  await states.client.send(new DeleteStateMachineCommand({ stateMachineArn: arn }));
  const gone = states.client.send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
  await expect(gone).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
});

test('A version stays as it was published, and an execution tells which one it runs', async () => {
  const stateMachineArn = await states.create(answering(1), 'published');
  const publish = async (revisionId?: string): Promise<string> => {
    const command = new PublishStateMachineVersionCommand({ stateMachineArn, revisionId });
    return (await states.client.send(command)).stateMachineVersionArn ?? '';
  };
  const first = await publish();
  expect(first).toMatch(/:stateMachine:published:\d+$/);
  expect(await publish()).toBe(first);
  const definition = JSON.stringify({ QueryLanguage: 'JSONata', ...answering(2) });
  const { revisionId } = await states.client.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
  await expect(publish('another')).rejects.toMatchObject({ name: 'ConflictException' });
  const second = await publish(revisionId);
  const listed = await states.client.send(new ListStateMachineVersionsCommand({ stateMachineArn }));
  expect(listed.stateMachineVersions?.map((one) => one.stateMachineVersionArn)).toEqual([second, first]);

  const [before, after, byName] = [
    await states.ended(await states.start(first)),
    await states.ended(await states.start(second)),
    await states.ended(await states.start(stateMachineArn)),
  ];
  expect([before, after, byName].map(outputOf)).toEqual([1, 2, 2]);
  expect(before).toMatchObject({ stateMachineArn, stateMachineVersionArn: first });
  expect(byName.stateMachineVersionArn).toBeUndefined();
  const { executions } = await states.client.send(new ListExecutionsCommand({ stateMachineArn: first }));
  expect(executions).toMatchObject([{ executionArn: before.executionArn, stateMachineVersionArn: first }]);
  const described = await states.client.send(new DescribeStateMachineCommand({ stateMachineArn: first }));
  expect(JSON.parse(described.definition ?? '')).toMatchObject(answering(1));

  await states.restart();
  expect(outputOf(await states.ended(await states.start(first)))).toBe(1);
  await expect(states.start(`${stateMachineArn}:3`)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  await states.client.send(new DeleteStateMachineCommand({ stateMachineArn }));
  await expect(states.start(first)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
});

test('A machine that is deleted while it runs takes no new executions and goes with its last one', async () => {
  const stateMachineArn = await states.create(hanging);
  const executionArn = await states.start(stateMachineArn);
  await states.client.send(new DeleteStateMachineCommand({ stateMachineArn }));
  await expect(states.start(stateMachineArn)).rejects.toMatchObject({ name: 'StateMachineDeleting' });
  await states.client.send(new StopExecutionCommand({ executionArn }));
  await expect(states.start(stateMachineArn)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
});

test('A bad definition is refused with its places, by creation and by validation', async () => {
  const definition = { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' } } };
  await expect(states.create(definition)).rejects.toMatchObject({
    name: 'InvalidDefinition',
    message: expect.stringContaining('/States/A/Next'),
  });
  const command = new ValidateStateMachineDefinitionCommand({ definition: JSON.stringify(definition) });
  const { result, diagnostics } = await states.client.send(command);
  expect(result).toBe('FAIL');
  expect(diagnostics).toMatchObject([{ severity: 'ERROR', location: '/States/A/Next' }]);
  const express = new CreateStateMachineCommand({ name: 'e', roleArn: ROLE, definition: '{}', type: 'EXPRESS' });
  await expect(states.client.send(express)).rejects.toMatchObject({ name: 'InvalidDefinition' });
});

test('Starting again with the same name and input is the same execution; with another input, or later, it is refused', async () => {
  const machine = await states.create(hanging);
  const arn = await states.start(machine, { a: 1 }, 'once');
  expect(await states.start(machine, { a: 1 }, 'once')).toBe(arn);
  const refused = { name: 'ExecutionAlreadyExists' };
  await expect(states.start(machine, { a: 2 }, 'once')).rejects.toMatchObject(refused);
  await states.client.send(new StopExecutionCommand({ executionArn: arn }));
  await expect(states.start(machine, { a: 1 }, 'once')).rejects.toMatchObject(refused);
});

test('Errors have the names that AWS gives them', async () => {
  const stateMachineArn = await states.create(answering(1));
  const start = (input: string, name?: string) =>
    states.client.send(new StartExecutionCommand({ stateMachineArn, input, ...(name !== undefined && { name }) }));
  await expect(start('{')).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  await expect(start(JSON.stringify('x'.repeat(262_144)))).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  await expect(start('{}', 'no spaces')).rejects.toMatchObject({ name: 'InvalidName' });
  await expect(states.describe('nonsense')).rejects.toMatchObject({ name: 'InvalidArn' });
  const missing = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:missing`;
  await expect(states.describe(missing)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
});

test('Executions are listed from the newest, by status, page by page', async () => {
  const stateMachineArn = await states.create(hanging);
  const arns = [];
  for (const name of ['one', 'two', 'three']) arns.push(await states.start(stateMachineArn, {}, name));
  await states.client.send(new StopExecutionCommand({ executionArn: arns[1] }));
  const list = async (more: object) => states.client.send(new ListExecutionsCommand({ stateMachineArn, ...more }));
  const first = await list({ maxResults: 2 });
  const second = await list({ maxResults: 2, nextToken: first.nextToken });
  const names = [...(first.executions ?? []), ...(second.executions ?? [])].map(({ name }) => name);
  expect(names).toEqual(['three', 'two', 'one']);
  expect(second.nextToken).toBeUndefined();
  const aborted = await list({ statusFilter: 'ABORTED' });
  expect(aborted.executions).toMatchObject([{ name: 'two', redriveCount: 0, stopDate: expect.anything() }]);
});

test('The history comes in pages, in either order, with or without data', async () => {
  const done = await states.run({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', End: true } }, { secret: 1 });
  const { executionArn } = done;
  const page = (more: object) => states.client.send(new GetExecutionHistoryCommand({ executionArn, ...more }));
  const first = await page({ maxResults: 4 });
  const rest = await page({ maxResults: 4, nextToken: first.nextToken });
  const ids = [...(first.events ?? []), ...(rest.events ?? [])].map(({ id }) => id);
  expect(ids).toEqual([1, 2, 3, 4, 5, 6]);
  const newest = await page({ reverseOrder: true, maxResults: 1 });
  expect(newest.events).toMatchObject([{ type: 'ExecutionSucceeded', previousEventId: 5 }]);
  expect(JSON.stringify(await page({ includeExecutionData: false }))).not.toContain('secret');
});
