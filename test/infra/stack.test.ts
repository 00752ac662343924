import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { App, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { z } from 'zod';
import { readConfiguration } from '../../infra/configuration.ts';
import { readDefinitions } from '../../infra/definition.ts';
import { readManifest } from '../../infra/manifest.ts';
import { PortageStack } from '../../infra/stack.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'infra');
const context = z
  .object({ context: z.object({ portage: z.record(z.string(), z.unknown()) }) })
  .parse(JSON.parse(readFileSync(join(folder, 'cdk.json'), 'utf8'))).context.portage;

let output = '';
let template: Template;
let report: unknown;

beforeAll(() => {
  output = mkdtempSync(join(tmpdir(), 'portage-synth-'));
  const app = new App({ outdir: join(output, 'out') });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new PortageStack(app, readConfiguration(context, folder), root, join(output, 'bundles'));
  template = Template.fromStack(stack);
  report = JSON.parse(readFileSync(join(output, 'out', 'policy-validation-report.json'), 'utf8'));
}, 120_000);

afterAll(() => rmSync(output, { recursive: true, force: true }));

const machines = [...readDefinitions(join(root, 'statemachines')).keys()];
const manifest = readManifest(join(folder, 'functions.json'));

test('every state machine is inlined with all its placeholders filled in', () => {
  for (const name of machines) {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', { StateMachineName: `portage-${name}` });
  }
  const definitions = JSON.stringify(template.findResources('AWS::StepFunctions::StateMachine'));
  expect(definitions).not.toMatch(/\$\{[A-Z][A-Za-z]+Arn\}/);
});

test('every handler is a function of its own, on arm64 and Node 24, with a role of its own', () => {
  const roles = new Set<string>();
  for (const { name, timeoutSeconds } of manifest.functions) {
    const found = Object.values(
      template.findResources('AWS::Lambda::Function', {
        Properties: {
          FunctionName: `portage-${name}`,
          Timeout: timeoutSeconds,
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
        },
      }),
    );
    expect({ name, found: found.length }).toEqual({ name, found: 1 });
    roles.add(JSON.stringify(found[0]?.['Properties'].Role));
  }
  expect(roles.size).toBe(manifest.functions.length);
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

test.each([
  ['MismatchPercent', 1],
  ['ItemsOverAlarm', 0],
  ['SearchCapacity', 10],
  ['ReadThrottleEvents', 0],
  ['WriteThrottleEvents', 0],
])('an alarm watches %s above %d', (MetricName, Threshold) => {
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName,
    Threshold,
    ComparisonOperator: 'GreaterThanThreshold',
    AlarmActions: Match.anyValue(),
  });
});

test('only the user pool may invoke the migration trigger', () => {
  template.hasResourceProperties('AWS::Lambda::Permission', {
    Principal: 'cognito-idp.amazonaws.com',
    SourceAccount: Match.anyValue(),
    SourceArn: Match.anyValue(),
  });
});

test('relay and sweeper run every minute', () => {
  const rules = JSON.stringify(template.findResources('AWS::Events::Rule'));
  expect(rules.match(/rate\(1 minute\)/g)?.length).toBeGreaterThanOrEqual(2);
});

test('cdk-nag has looked at the resources', () => {
  expect(JSON.stringify(report)).toContain('AwsSolutions');
});
