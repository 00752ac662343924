import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { readManifest } from '../../../infra/manifest.ts';
import { readDefinitions } from '../../../infra/definition.ts';
import type { Deployment } from '../../../local/template/deployment.ts';
import { localConfiguration } from '../../../local/template/local-configuration.ts';
import { readAssembly } from '../../../local/template/read-assembly.ts';
import { readTemplate } from '../../../local/template/read-template.ts';
import { synthesise } from '../../../local/template/synthesise.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const templateSchema = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()) })),
});
type Template = z.infer<typeof templateSchema>;

let json: string;
let deployment: Deployment;

beforeAll(async () => {
  const folder = await synthesise(localConfiguration(join(root, 'examples', 'campaigns', 'plan.json')));
  json = readFileSync(join(folder, 'Portage-campaigns.template.json'), 'utf8');
  const [only] = readAssembly(folder);
  if (only === undefined) throw new Error('the assembly has no stack');
  deployment = only;
}, 300_000);

/** Reads the template with one thing changed. */
function read(change: (template: Template) => void, asset: string | null = '/bundle'): Deployment {
  const template = templateSchema.parse(JSON.parse(json));
  change(template);
  return readTemplate(JSON.stringify(template), {
    stackName: 'Portage-campaigns',
    account: '000000000000',
    region: 'us-east-1',
    asset: () => asset,
  });
}

/** The logical id and the resource of the first of a type. */
function first(template: Template, type: string): readonly [string, Template['Resources'][string]] {
  const found = Object.entries(template.Resources).find(([, { Type }]) => Type === type);
  if (found === undefined) throw new Error(`the template has no ${type}`);
  return found;
}

test('every handler is a function with its bundle, environment, limits and role', () => {
  const { functions } = readManifest(join(root, 'infra', 'functions.json'));
  expect(deployment.functions.map(({ name }) => name).toSorted()).toEqual(
    functions.map(({ name }) => `portage-${name}`).toSorted(),
  );
  for (const { name, timeoutSeconds, memoryMb } of functions) {
    const deployed = deployment.functions.find((one) => one.name === `portage-${name}`);
    expect(deployed).toMatchObject({ timeoutSeconds, memoryMb, handler: 'index.handler' });
    expect(deployed?.environment).toMatchObject({
      PORTAGE_PLAN_FILE: 'plan.json',
      PORTAGE_CONTROL_TABLE: 'portage-campaigns-control',
      PORTAGE_BUCKET: 'portage-campaigns-000000000000',
      PORTAGE_BUCKET_ENCRYPTION: 'AES256',
      PORTAGE_TOPIC_ARN: 'arn:aws:sns:us-east-1:000000000000:portage-campaigns-gates',
    });
    for (const file of ['index.mjs', 'plan.json']) expect(existsSync(join(deployed?.bundle ?? '', file))).toBe(true);
    expect(deployment.roles.map(({ arn }) => arn)).toContain(deployed?.roleArn);
  }
});

test('every state machine has its definition with the ARNs of what it calls', () => {
  const machines = [...readDefinitions(join(root, 'statemachines')).keys()];
  expect(deployment.machines.map(({ name }) => name).toSorted()).toEqual(
    machines.map((name) => `portage-${name}`).toSorted(),
  );
  const { functionVersions, functionAliases, machineVersions } = deployment;
  const arns = new Set([...functionVersions, ...functionAliases, ...machineVersions].map(({ arn }) => arn));
  for (const { definition } of deployment.machines) {
    expect(JSON.parse(definition)).toHaveProperty('StartAt');
    const called = definition.match(/arn:aws:(?:lambda|states):us-east-1:[\w:-]+/g) ?? [];
    expect(called.filter((arn) => !arns.has(arn))).toEqual([]);
  }
});

test('tables have the keys and indexes of the plan', () => {
  const keys = { partitionKey: 'PK', sortKey: 'SK' };
  const all = { type: 'ALL', attributes: [] };
  expect(deployment.tables).toMatchObject([
    {
      name: 'campaigns',
      keys,
      indexes: [
        { name: 'GSI1', partitionKey: 'GSI1PK', sortKey: 'GSI1SK', projection: all },
        { name: 'GSI2', partitionKey: 'GSI2PK', sortKey: 'GSI2SK', projection: all },
      ],
    },
    { name: 'portage-campaigns-control', keys, indexes: [] },
  ]);
});

test('a role has its policies, with the ARNs that they name', () => {
  const relay = deployment.functions.find(({ name }) => name === 'portage-relay');
  const role = deployment.roles.find(({ arn }) => arn === relay?.roleArn);
  const statements = role?.policies.flatMap(({ document }) => document.Statement) ?? [];
  expect(role?.trust.Statement).toMatchObject([{ Principal: { Service: 'lambda.amazonaws.com' } }]);
  const onTable = statements.filter(({ Resource }) =>
    [Resource].flat().includes('arn:aws:dynamodb:us-east-1:000000000000:table/campaigns'),
  );
  expect(onTable.flatMap(({ Action }) => Action)).toContain('dynamodb:PutItem');
});

test('schedules name what they start, with its input', () => {
  const targets = deployment.rules.flatMap(({ schedule, targets: to }) =>
    to.map(({ arn, input }) => [schedule, arn, input]),
  );
  expect(targets).toContainEqual([
    'rate(1 minute)',
    'arn:aws:lambda:us-east-1:000000000000:function:portage-relay:live',
    { from: 'constant', json: '{"seconds":55,"untilIdle":false}' },
  ]);
  expect(targets).toContainEqual([
    'cron(0 2 * * ? *)',
    'arn:aws:states:us-east-1:000000000000:stateMachine:portage-nightly',
    { from: 'constant', json: '{}' },
  ]);
});

test('the user pool may invoke the trigger, and the topic is told of alarms', () => {
  expect(deployment.permissions).toContainEqual(
    expect.objectContaining({
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:portage-migrate-user:live',
      principal: 'cognito-idp.amazonaws.com',
      sourceArn: 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_portage01',
    }),
  );
  expect(deployment.alarms.find(({ name }) => name === 'portage-campaigns-dynamodb-errors')).toMatchObject({
    actions: { ALARM: ['arn:aws:sns:us-east-1:000000000000:portage-campaigns-gates'] },
    comparison: 'GreaterThanThreshold',
    missingData: 'notBreaching',
    periodSeconds: 300,
    queries: [
      { id: 'expr_1', compared: true, expression: '100 * errors / reads' },
      { id: 'errors', compared: false, statistic: 'Sum', periodSeconds: 300 },
      { id: 'reads', compared: false, statistic: 'Sum', periodSeconds: 300 },
    ],
  });
});

test('a version has another number when what it is made of changes, and an alias points to one', () => {
  const other = read((template) => {
    const found = Object.values(template.Resources).find(
      ({ Properties }) => Properties['StateMachineName'] === 'portage-load',
    );
    if (found !== undefined) found.Properties['DefinitionString'] = '{}';
  });
  const [before = [], after] = [deployment, other].map(({ machineVersions }) => machineVersions.map(({ arn }) => arn));
  const changed = before.filter((arn) => !after?.includes(arn)).map((arn) => arn.split(':').at(-2));
  // Those that start it name its version, and so change with it.
  expect(changed.toSorted()).toEqual(['portage-dual-write', 'portage-load', 'portage-recover-data-loss']);
  for (const { functionArn, version } of deployment.functionAliases)
    expect(deployment.functionVersions).toContainEqual(expect.objectContaining({ functionArn, version }));
});

test('an alias that shares its calls between two versions is refused', () => {
  expect(() => read((template) => (first(template, 'AWS::Lambda::Alias')[1].Properties['RoutingConfig'] = {}))).toThrow(
    /AWS::Lambda::Alias has the property RoutingConfig, which the embedded stack does not know/,
  );
});

test('a type of resource that is not known is refused by name', () => {
  expect(() => read(({ Resources }) => (Resources['Queue'] = { Type: 'AWS::SQS::Queue', Properties: {} }))).toThrow(
    'Queue: AWS::SQS::Queue is a type of resource that the embedded stack does not know',
  );
});

test('a property that is not known is refused by name, at any depth', () => {
  expect(() =>
    read((template) => (first(template, 'AWS::Lambda::Function')[1].Properties['ReservedConcurrentExecutions'] = 5)),
  ).toThrow(
    /^Functions\w+: AWS::Lambda::Function has the property ReservedConcurrentExecutions, which the embedded stack does not know/,
  );
  expect(() =>
    read((template) => {
      const [, { Properties }] = first(template, 'AWS::Events::Rule');
      Properties['Targets'] = [{ Id: 'one', Arn: 'arn', DeadLetterConfig: {} }];
    }),
  ).toThrow(/AWS::Events::Rule has the property Targets\.0\.DeadLetterConfig, which/);
});

test('a value that cannot run here is refused by name', () => {
  expect(() =>
    read((template) => (first(template, 'AWS::Lambda::Function')[1].Properties['Runtime'] = 'python3.13')),
  ).toThrow(/AWS::Lambda::Function has a Runtime that the embedded stack cannot run: only Node\.js runs here/);
});

test('a bundle that is missing is refused with the function', () => {
  expect(() => read(() => undefined, null)).toThrow(
    /^Functions\w+: AWS::Lambda::Function has the code \w+\.zip, for which the assembly has no folder/,
  );
});

test('a reference to nothing is refused with the resource that makes it', () => {
  expect(() =>
    read((template) => (first(template, 'AWS::Lambda::Function')[1].Properties['Role'] = { Ref: 'Nobody' })),
  ).toThrow(/^Functions\w+: AWS::Lambda::Function refers to Nobody, which is not in the template$/);
  expect(() =>
    read((template) => {
      const [table] = first(template, 'AWS::DynamoDB::GlobalTable');
      first(template, 'AWS::Lambda::Function')[1].Properties['Role'] = { 'Fn::GetAtt': [table, 'Colour'] };
    }),
  ).toThrow(/asks \w+ for Colour, which the embedded stack does not know of its type/);
});

test('an intrinsic function or a section that is not known is refused by name', () => {
  expect(() =>
    read((template) => (first(template, 'AWS::SNS::Topic')[1].Properties['TopicName'] = { 'Fn::ImportValue': 'x' })),
  ).toThrow(/AWS::SNS::Topic Fn::ImportValue is an intrinsic function that the embedded stack does not know/);
  expect(() => read((template) => (template['Mappings'] = {}))).toThrow(
    'the template of Portage-campaigns: : Mappings is not understood',
  );
});
