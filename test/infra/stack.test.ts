import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { App, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import * as z from 'zod';
import { metricReader } from '../../handlers/wiring/aws.ts';
import { namesOf } from '../../handlers/wiring/port.ts';
import { verification } from '../../handlers/wiring/target.ts';
import { readConfiguration } from '../../infra/configuration.ts';
import { readDefinitions, substitute } from '../../infra/definition.ts';
import { type Findings, findingsOf } from '../../infra/findings.ts';
import { handlerFiles } from '../../infra/handler-files.ts';
import { type HandlerUses, readUses, usesOf } from '../../infra/permissions/handler-uses.ts';
import { readManifest } from '../../infra/manifest.ts';
import { machineCalls } from '../../infra/permissions/machine-calls.ts';
import { grantsFor, portGrants } from '../../infra/permissions/permissions.ts';
import { PortageStack } from '../../infra/stack.ts';
import { bundled } from '../../local/template/synthesise.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'infra');
const { context } = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(join(folder, 'cdk.json'), 'utf8')));
const configuration = readConfiguration(context['portage'], folder);
const machines = [...readDefinitions(join(root, 'statemachines')).keys()];
const { functions } = readManifest(join(folder, 'functions.json'));
const { plan } = configuration;
const handlers = handlerFiles(join(root, 'handlers'));

const statements = z.array(
  z.looseObject({
    Action: z.union([z.string(), z.array(z.string())]).transform((action) => [action].flat()),
    Resource: z.unknown().transform((resource) => JSON.stringify(resource)),
  }),
);

const texts = z.union([z.string(), z.array(z.string())]).transform((one) => [one].flat());
const leadingKeys = z.looseObject({
  Condition: z.strictObject({ 'ForAllValues:StringLike': z.strictObject({ 'dynamodb:LeadingKeys': texts }) }),
});

let output = '';
let stack: PortageStack;
let uses: HandlerUses;
let template: Template;
let findings: Findings;
let careless: Findings;

beforeAll(async () => {
  uses = await readUses(join(root, 'handlers'));
  output = mkdtempSync(join(tmpdir(), 'portage-synth-'));
  const app = new App({ outdir: join(output, 'out'), context });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const [bundles, packages] = [await bundled(), join(output, 'packages')];
  stack = new PortageStack(app, configuration, root, { bundles, packages }, uses);
  template = Template.fromStack(stack);
  findings = findingsOf(stack);
  const role = new Role(stack, 'Careless', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  role.addToPolicy(new PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
  careless = findingsOf(stack);
}, 300_000);

afterAll(() => rmSync(output, { recursive: true, force: true }));

/** Each action with each of its resources. */
function pairsOf(granted: readonly { readonly Action: readonly string[]; readonly Resource: unknown }[]): string[] {
  const pairs = granted.flatMap(({ Action, Resource }) => {
    const resources: readonly unknown[] = [typeof Resource === 'string' ? parsed(Resource) : Resource].flat();
    return Action.flatMap((action) => resources.map((resource) => `${action} ${JSON.stringify(resource)}`));
  });
  return [...new Set(pairs)].toSorted();
}

function parsed(json: string): unknown {
  return JSON.parse(json);
}

/** What the role of a handler may do. */
function permissionsOf(name: string): z.infer<typeof statements> {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
  const roles = Object.entries(template.findResources('AWS::IAM::Role')).filter(
    ([, { Properties }]) => Properties.Description === `Runs the handler ${name}`,
  );
  const [id] = roles[0] ?? [];
  const own = policies.filter(
    ([, { Properties }]) => JSON.stringify(Properties.Roles) === JSON.stringify([{ Ref: id }]),
  );
  return statements.parse(own.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement));
}

/** The kinds of records in the control table that a handler's role may change by this action. */
function kindsAllowed(name: string, action: string): readonly string[] {
  const control = JSON.stringify(stack.resolve(stack.data.control.tableArn));
  return permissionsOf(name)
    .filter(({ Action, Resource }) => Action.includes(action) && Resource.includes(control))
    .flatMap((statement) => leadingKeys.parse(statement).Condition['ForAllValues:StringLike']['dynamodb:LeadingKeys']);
}

/** Kinds as handlers declare them, each once. */
function kinds(granted: readonly string[]): string[] {
  return [...new Set(granted.map((kind) => kind.replace('#*', '')))].toSorted();
}

/** The handlers whose role may write records of a kind. */
function writersOf(kind: string): string[] {
  return functions
    .map(({ name }) => name)
    .filter((name) =>
      ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'].some((action) =>
        kindsAllowed(name, action).includes(kind),
      ),
    );
}

function rolesAllowed(action: string, on = ''): string[] {
  return functions
    .map(({ name }) => name)
    .filter((name) =>
      permissionsOf(name).some(({ Action, Resource }) => Action.includes(action) && Resource.includes(on)),
    );
}

test('every state machine is inlined with all its placeholders filled in', () => {
  for (const name of machines) {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', { StateMachineName: `portage-${name}` });
  }
  const definitions = JSON.stringify(template.findResources('AWS::StepFunctions::StateMachine'));
  expect(definitions).not.toMatch(/\$\{[A-Z][A-Za-z]+Arn\}/);
});

test('a placeholder that names nothing is refused with the file it stands in', () => {
  expect(() => substitute('load', '"${LoadSegmentArm}"', new Map())).toThrow(
    'statemachines/load.asl.yaml: ${LoadSegmentArm} names no handler and no state machine',
  );
});

test('every handler is a function of its own, on arm64 and Node 24, with a role, a bundle and the plan of its own', () => {
  const roles = new Set<string>();
  for (const { name, timeoutSeconds } of functions) {
    const Properties = {
      FunctionName: `portage-${name}`,
      Timeout: timeoutSeconds,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Environment: { Variables: Match.objectLike({ NODE_OPTIONS: '--enable-source-maps' }) },
    };
    const found = Object.values(template.findResources('AWS::Lambda::Function', { Properties }));
    expect({ name, found: found.length }).toEqual({ name, found: 1 });
    roles.add(JSON.stringify(found[0]?.['Properties'].Role));
    const files = readdirSync(join(output, 'packages', name));
    expect({ name, files }).toEqual({ name, files: ['index.mjs', 'index.mjs.map', 'plan.json'] });
  }
  expect(roles.size).toBe(functions.length);
});

test('the manifest and the handlers name each other', () => {
  expect(functions.map(({ name }) => name).toSorted()).toEqual([...handlers.keys()].toSorted());
});

test('a role has exactly the permissions of the ports that its handler declares', () => {
  for (const { name } of functions) {
    const granted = permissionsOf(name).filter(({ Action }) => !Action.every((action) => action.startsWith('logs:')));
    const declared = grantsFor(usesOf(uses, name), stack, configuration, stack.data).map(({ actions, resources }) => ({
      Action: [...actions],
      Resource: stack.resolve(resources),
    }));
    expect({ name, pairs: pairsOf(granted) }).toEqual({ name, pairs: pairsOf(declared) });
  }
});

test('every port and every permission is used by some handler', () => {
  const used = new Set(functions.flatMap(({ name }) => [...usesOf(uses, name).uses]));
  const granted = Object.keys(portGrants(stack, configuration, stack.data));
  // The application's client has the whole table.
  expect(granted.filter((port) => ![...used].some((name) => name === port))).toEqual(['table']);
});

test('a port brings the permissions of those it is built from', () => {
  expect([...namesOf({ verification })]).toEqual(expect.arrayContaining(['tableReader', 'metrics', 'sql', 'control']));
  expect(namesOf({ metricReader })).toEqual(new Set(['metricReader']));
});

test('only the function that deletes the source may touch the source cluster, and none may delete a snapshot', () => {
  const source = `cluster:${configuration.clusterId}"`;
  expect(rolesAllowed('rds:DeleteDBCluster', source)).toEqual(['delete-source']);
  expect(rolesAllowed('rds:ModifyDBCluster', source)).toEqual(['delete-source']);
  expect(rolesAllowed('rds:DeleteDBInstance', `db:${configuration.instanceIds[0]}"`)).toEqual(['delete-source']);
  expect(rolesAllowed('rds:DeleteDBCluster').toSorted()).toEqual(['delete-source', 'remove-restored']);
  expect(rolesAllowed('rds:DeleteDBClusterSnapshot')).toEqual([]);
});

test('no function can hard-delete an item of the application table, and one answers gates', () => {
  const [table] = Object.keys(
    template.findResources('AWS::DynamoDB::GlobalTable', { Properties: { TableName: plan.table.name } }),
  );
  expect(table).toBeDefined();
  expect(rolesAllowed('dynamodb:PutItem', table)).toContain('relay');
  expect(rolesAllowed('dynamodb:DeleteItem', table)).toEqual([]);
  expect(rolesAllowed('states:SendTaskSuccess')).toEqual(['decide-gate']);
});

test('a role may change only those kinds of control records that its handler declares', () => {
  for (const { name } of functions) {
    const { uses: ports, writes, removes } = usesOf(uses, name);
    const used = new Set(usesOf(uses, name).uses);
    const byPort = used.has('verification')
      ? ['VERIFYING']
      : ports.some((port) => port === 'signInRecords')
        ? ['SIGN-IN']
        : [];
    const written = [...kindsAllowed(name, 'dynamodb:PutItem'), ...kindsAllowed(name, 'dynamodb:UpdateItem')];
    const removed = [...removes, ...(used.has('intents') ? ['INTENT'] : [])];
    expect({ name, written: kinds(written), removed: kinds(kindsAllowed(name, 'dynamodb:DeleteItem')) }).toEqual({
      name,
      written: kinds([...writes, ...byPort]),
      removed: kinds(removed),
    });
  }
});

test('few may move the mode or decide a gate, and the function that the internet reaches writes one kind of record', () => {
  // The watch raises the mapping's revision.
  expect(writersOf('MODE').toSorted()).toEqual([
    'install-capture',
    'move-mode',
    'remove-capture',
    'return-reads',
    'watch-schema',
  ]);
  expect(writersOf('GATE').toSorted()).toEqual(['acquire-lock', 'decide-gate', 'open-gate', 'return-reads']);
  expect(writersOf('LOCK')).not.toContain('migrate-user');
  const trigger = permissionsOf('migrate-user').filter(({ Action }) => !Action.every((one) => one.startsWith('logs:')));
  expect(trigger.flatMap(({ Action }) => Action).toSorted()).toEqual([
    'dynamodb:GetItem',
    'dynamodb:UpdateItem',
    'rds-data:ExecuteStatement',
    'secretsmanager:GetSecretValue',
  ]);
  expect(JSON.stringify(trigger)).toContain(configuration.signInSecretArn);
  expect(JSON.stringify(trigger)).not.toContain(`${configuration.secretArn}\\"`);
});

test('a verification writes nothing that it compares, and one function creates users', () => {
  const [table = ''] = Object.keys(
    template.findResources('AWS::DynamoDB::GlobalTable', { Properties: { TableName: plan.table.name } }),
  );
  for (const name of ['verify-segment', 'find-missing', 'plan-verification', 'finish-verification']) {
    for (const action of ['dynamodb:PutItem', 'dynamodb:PartiQLInsert', 'dynamodb:DeleteItem'])
      expect({ name, action, roles: rolesAllowed(action, table).filter((role) => role === name) }).toEqual({
        name,
        action,
        roles: [],
      });
    expect({ name, roles: rolesAllowed('s3:PutObject', 'bodies/*').includes(name) }).toEqual({ name, roles: false });
  }
  expect(rolesAllowed('cognito-idp:AdminCreateUser')).toEqual(['import-remaining-users']);
  expect(rolesAllowed('cognito-idp:AdminSetUserPassword')).toEqual(['import-remaining-users']);
  expect(rolesAllowed('cognito-idp:UpdateUserPool').toSorted()).toEqual([
    'check-trigger-proof',
    'delete-source',
    'detach-trigger',
  ]);
});

/** The actions of one of the policies for people, with the resources of each. */
function policyOf(audience: string): ReadonlyMap<string, string> {
  const policies = template.findResources('AWS::IAM::ManagedPolicy', {
    Properties: { ManagedPolicyName: `portage-${plan.name}-${audience}` },
  });
  const granted = statements.parse(
    Object.values(policies).flatMap(({ Properties }) => Properties.PolicyDocument.Statement),
  );
  const actions = new Map<string, string>();
  for (const { Action, Resource } of granted)
    for (const action of Action) actions.set(action, (actions.get(action) ?? '') + Resource);
  return actions;
}

test('nobody both starts the migration and decides its gates; a viewer changes nothing', () => {
  const started = (audience: string): string => policyOf(audience).get('states:StartExecution') ?? '';
  expect(started('operator')).toContain('portage-migration');
  expect(started('operator')).not.toContain('portage-decide-gate');
  expect(started('approver')).toContain('portage-decide-gate');
  expect(started('approver')).not.toContain('portage-migration');
  const looks = [...policyOf('viewer').keys()];
  expect(looks.length).toBeGreaterThan(8);
  expect(looks.filter((action) => !/:(?:Get|List|Describe|Query)/.test(action))).toEqual([]);
});

test('the application may delete no item of its table, and change control records of counters and intents only', () => {
  const [table = ''] = Object.keys(
    template.findResources('AWS::DynamoDB::GlobalTable', { Properties: { TableName: plan.table.name } }),
  );
  const may = policyOf('application');
  expect(may.get('dynamodb:PutItem')).toContain(table);
  expect(may.get('dynamodb:DeleteItem')).not.toContain(table);
  expect([...may.keys()].filter((action) => action.startsWith('states:'))).toEqual([]);
});

test('a machine invokes the functions of its tasks, and no function whose ARN it only passes on', () => {
  const { functions: called } = machineCalls(readDefinitions(join(root, 'statemachines')).get('auth') ?? '{}');
  expect([...called]).toContain('${CheckTriggerProofArn}');
  expect([...called]).not.toContain('${MigrateUserArn}');
});

test('only the comparison of the backup reads the restored copy', () => {
  expect(rolesAllowed('rds-data:ExecuteStatement', '-portage-restore-*')).toEqual(['compare-restored']);
});

test('the tables outlive the stack, are protected from deletion and can be restored to any second', () => {
  template.allResources('AWS::DynamoDB::GlobalTable', {
    DeletionPolicy: 'Retain',
    Properties: {
      Replicas: [
        Match.objectLike({
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      ],
    },
  });
});

test('logs go with the stack: their names are fixed, and what stayed would be in the way of the next deployment', () => {
  const groups = Object.values(template.findResources('AWS::Logs::LogGroup'));
  expect(groups.length).toBe(machines.length + functions.length);
  for (const { DeletionPolicy, UpdateReplacePolicy } of groups)
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Delete', 'Delete']);
});

test('alarms reach the topic: its policy and its key let CloudWatch in', () => {
  const Principal = { Service: 'cloudwatch.amazonaws.com' };
  const Statement = (Action: unknown) => Match.arrayWith([Match.objectLike({ Principal, Action })]);
  template.hasResourceProperties('AWS::SNS::TopicPolicy', { PolicyDocument: { Statement: Statement('sns:Publish') } });
  template.hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: { Statement: Statement(['kms:Decrypt', 'kms:GenerateDataKey*']) },
  });
});

test('the dashboard shows the state of every alarm, and draws what the plan limits', () => {
  const [board, ...others] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  expect(others).toEqual([]);
  const body = JSON.stringify(board);
  for (const alarm of Object.keys(template.findResources('AWS::CloudWatch::Alarm')))
    expect(body).toContain(`"${alarm}"`);
  for (const title of ['mismatches', 'search-capacity', 'large-items', 'spend', 'backlog-age'])
    expect(body).toContain(`\\"title\\":\\"${title}\\"`);
});

test('only the user pool may invoke the migration trigger', () => {
  template.hasResourceProperties('AWS::Lambda::Permission', {
    Principal: 'cognito-idp.amazonaws.com',
    SourceAccount: configuration.account,
    SourceArn: Match.anyValue(),
  });
});

test('relay, sweeper and the watch over the schema run every minute, verification every night', () => {
  const rules = Object.values(template.findResources('AWS::Events::Rule')).map(
    ({ Properties }) => Properties.ScheduleExpression ?? 'by event',
  );
  expect(rules.toSorted()).toEqual([
    'by event',
    'cron(0 2 * * ? *)',
    'rate(1 minute)',
    'rate(1 minute)',
    'rate(1 minute)',
  ]);
});

test('cdk-nag has looked at every resource, finds nothing open, and would find a wildcard without a reason', () => {
  expect(findings.resources).toBeGreaterThan(functions.length * 3);
  expect(findings.open).toEqual([]);
  for (const { id, reason } of findings.accepted)
    expect({ id, words: reason.split(' ').length > 4 }).toEqual({ id, words: true });
  expect(careless.open.join()).toContain('AwsSolutions-IAM5[Resource::*]');
});

test('a configuration that misses something is refused with the field and the file', () => {
  expect(() => readConfiguration({ ...Object(context['portage']), instanceIds: [] }, folder)).toThrow(
    /^infra\/cdk\.json: context\.portage\.instanceIds: /,
  );
});
