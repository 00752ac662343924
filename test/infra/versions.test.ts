import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { Machines } from '../../infra/machines.ts';
import { readDefinitions } from '../../infra/definition.ts';
import { readManifest } from '../../infra/manifest.ts';
import { localConfiguration } from '../../local/template/local-configuration.ts';
import { synthesise } from '../../local/template/synthesise.ts';

const root = join(import.meta.dirname, '../..');
const machines = [...readDefinitions(join(root, 'statemachines')).keys()];
const { functions } = readManifest(join(root, 'infra', 'functions.json'));
const statements = z.array(
  z.looseObject({
    Action: z.union([z.string(), z.array(z.string())]).transform((one) => [one].flat()),
    Resource: z.unknown(),
  }),
);

let template: Template;

beforeAll(async () => {
  const folder = await synthesise(localConfiguration(join(root, 'examples', 'campaigns', 'plan.json')));
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.template.json'));
  template = Template.fromJSON(JSON.parse(readFileSync(join(folder, file), 'utf8')));
}, 300_000);

/** What tasks of the definitions call, as the template refers to it. */
function calledByMachines(): ReadonlySet<string> {
  const machines = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const called = machines.flatMap(({ Properties }) => {
    const parts = z.array(z.unknown()).parse(Properties.DefinitionString['Fn::Join'][1]);
    return parts.filter((_, at) => /"(?:FunctionName|StateMachineArn)": "$/.test(String(parts[at - 1])));
  });
  return new Set(called.map((one) => z.strictObject({ Ref: z.string() }).parse(one).Ref));
}

test('machines call versions of functions and of machines, and each version outlives the update that replaces it', () => {
  const versions = {
    ...template.findResources('AWS::Lambda::Version'),
    ...template.findResources('AWS::StepFunctions::StateMachineVersion'),
  };
  const called = calledByMachines();
  expect([...called].filter((id) => versions[id] === undefined)).toEqual([]);
  expect(called.size).toBeGreaterThan(50);
  for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of Object.entries(versions))
    expect({ id, DeletionPolicy, UpdateReplacePolicy }).toEqual({
      id,
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
});

test('a machine may invoke versions of functions only', () => {
  const roles = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('Machines'));
  const granted = roles.flatMap(([, { Properties }]) =>
    statements
      .parse(Properties.PolicyDocument.Statement)
      .filter(({ Action }) => Action.includes('lambda:InvokeFunction'))
      .flatMap(({ Resource }) => [Resource].flat()),
  );
  expect(granted.length).toBeGreaterThan(machines.length);
  for (const resource of granted)
    expect(resource).toEqual({ 'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.any(String), 'Arn'] }, ':*']] });
});

test('what the clock and the user pool call is an alias of the newest version', () => {
  const aliases = template.findResources('AWS::Lambda::Alias', { Properties: { Name: 'live' } });
  const scheduled = functions.flatMap(({ name, schedule }) => (schedule === undefined ? [] : [name]));
  expect(Object.keys(aliases)).toHaveLength(scheduled.length + 1);
  const permitted = Object.values(template.findResources('AWS::Lambda::Permission')).map(
    ({ Properties }) => Properties.FunctionName.Ref,
  );
  expect(permitted.toSorted()).toEqual(Object.keys(aliases).toSorted());
  expect(Object.keys(aliases).some((id) => calledByMachines().has(id))).toBe(false);
  const auth = template.findResources('AWS::StepFunctions::StateMachine', {
    Properties: { StateMachineName: 'portage-auth' },
  });
  expect(JSON.stringify(auth)).toMatch(/"functionArn\\": \\"",\{"Ref":"Functionsmigrateuserlive\w+"\}/);
});

test('machines that start each other are refused', () => {
  const app = new App();
  const definitions = new Map(
    [
      ['load', '${VerifyStateMachineArn}'],
      ['verify', '${LoadStateMachineArn}'],
    ].map(([name = '', StateMachineArn]) => [
      name,
      JSON.stringify({ States: { Start: { Type: 'Task', Arguments: { StateMachineArn } } } }),
    ]),
  );
  const none = { byName: new Map(), live: new Map() };
  expect(() => new Machines(new Stack(app, 'Circle'), 'Machines', 'portage', definitions, none)).toThrow(
    /^statemachines\/load\.asl\.yaml starts itself by way of verify/,
  );
});
