import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { readConfiguration } from '../../infra/configuration.ts';
import { type Findings, findingsOf } from '../../infra/findings.ts';
import { readUses } from '../../infra/permissions/handler-uses.ts';
import { PortageStack } from '../../infra/stack.ts';
import { bundled } from '../../local/template/synthesise.ts';

const KEY = 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000001';
const root = join(import.meta.dirname, '../..');
const folder = join(root, 'infra');
const { context } = z
  .object({ context: z.looseObject({ portage: z.record(z.string(), z.unknown()) }) })
  .parse(JSON.parse(readFileSync(join(folder, 'cdk.json'), 'utf8')));

const texts = z.union([z.string(), z.array(z.string())]).transform((one) => [one].flat());
const statements = z.array(
  z.looseObject({
    Action: texts,
    Resource: z.unknown(),
    Condition: z.looseObject({ StringEquals: z.record(z.string(), z.unknown()).optional() }).optional(),
  }),
);
type Statements = z.infer<typeof statements>;

let output = '';
let findings: Findings;
/** Statements by the role's description or by the policy's name. */
let granted: ReadonlyMap<string, Statements>;

beforeAll(async () => {
  output = mkdtempSync(join(tmpdir(), 'portage-key-'));
  const app = new App({ outdir: join(output, 'out'), context });
  const configuration = readConfiguration({ ...context.portage, encryptionKeyArn: KEY }, folder);
  const places = { bundles: await bundled(), packages: join(output, 'packages') };
  const stack = new PortageStack(app, configuration, root, places, await readUses(join(root, 'handlers')));
  findings = findingsOf(stack);
  const template = Template.fromStack(stack);
  const roles = template.findResources('AWS::IAM::Role');
  granted = new Map([
    ...Object.values(template.findResources('AWS::IAM::Policy')).map(
      ({ Properties }) =>
        [
          String(roles[Properties.Roles[0].Ref]?.['Properties'].Description ?? Properties.PolicyName),
          statements.parse(Properties.PolicyDocument.Statement),
        ] as const,
    ),
    ...Object.values(template.findResources('AWS::IAM::ManagedPolicy')).map(
      ({ Properties }) =>
        [String(Properties.ManagedPolicyName), statements.parse(Properties.PolicyDocument.Statement)] as const,
    ),
  ]);
}, 300_000);

afterAll(() => rmSync(output, { recursive: true, force: true }));

/** What may be done with the key, as `service action`. */
function onKey(granting: Statements): readonly string[] {
  return granting
    .filter(({ Resource }) => JSON.stringify(Resource) === JSON.stringify(KEY))
    .flatMap(({ Action, Condition }) =>
      Action.map((action) => `${String(Condition?.StringEquals?.['kms:ViaService'])} ${action}`),
    )
    .toSorted();
}

const S3 = 's3.us-east-1.amazonaws.com';
const DYNAMODB = 'dynamodb.us-east-1.amazonaws.com';

test('whoever reads or writes objects and items has the key for that, through the service, and for nothing else', () => {
  for (const [name, granting] of granted) {
    const actions = granting.flatMap(({ Action }) => Action);
    const needed = [
      ...(actions.some((action) => /^dynamodb:(?!(?:Describe|Update)TimeToLive)/.test(action))
        ? [`${DYNAMODB} kms:Decrypt`]
        : []),
      ...(actions.includes('s3:GetObject') ? [`${S3} kms:Decrypt`] : []),
      ...(actions.includes('s3:PutObject') ? [`${S3} kms:GenerateDataKey`] : []),
    ];
    expect({ name, onKey: onKey(granting) }).toEqual({ name, onKey: needed });
  }
});

test.each([
  ['portage-campaigns-application', [`${DYNAMODB} kms:Decrypt`, `${S3} kms:Decrypt`, `${S3} kms:GenerateDataKey`]],
  ['portage-campaigns-viewer', [`${DYNAMODB} kms:Decrypt`]],
  ['Runs the handler relay', [`${DYNAMODB} kms:Decrypt`, `${S3} kms:Decrypt`, `${S3} kms:GenerateDataKey`]],
  ['Runs the handler migrate-user', [`${DYNAMODB} kms:Decrypt`]],
  ['Runs the handler detach-trigger', []],
])('%s', (name, expected) => {
  expect(onKey(granted.get(name) ?? [])).toEqual(expected);
});

test('cdk-nag finds nothing open', () => {
  expect(findings.open).toEqual([]);
});
