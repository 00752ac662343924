import * as z from 'zod';
import { revisionId } from '../../aws/states/model/revision.ts';
import { versionNumber } from '../../aws/version-number.ts';
import { count, generatedName, resourceKind, TAGS, withoutEffect } from './resource-kind.ts';

export const lambdaFunction = resourceKind({
  properties: z.strictObject({
    FunctionName: z.string().optional(),
    Description: withoutEffect('for people'),
    Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
    Handler: z.string().regex(/^[\w/-]+\.\w+$/, 'write file.export'),
    Runtime: z.string().startsWith('nodejs', 'only Node.js runs here'),
    Architectures: withoutEffect('bundles hold JavaScript only'),
    Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
    LoggingConfig: z
      .strictObject({
        LogGroup: z.string(),
        LogFormat: withoutEffect('what a function writes goes to the log file as it is'),
      })
      .optional(),
    MemorySize: count.default(128),
    Timeout: count.default(3),
    Role: z.string(),
    TracingConfig: withoutEffect('there is no X-Ray'),
    Tags: TAGS,
  }),
  identify: (naming) => {
    const name = naming.property('FunctionName') ?? generatedName(naming, 64);
    const arn = `arn:aws:lambda:${naming.region}:${naming.account}:function:${name}`;
    return { ref: name, attributes: { Arn: arn } };
  },
  read: (properties, { logicalId, ref, attributes, bundle }) => [
    {
      kind: 'function',
      logicalId,
      name: ref,
      arn: attributes['Arn'] ?? '',
      bundle: bundle(properties.Code.S3Bucket, properties.Code.S3Key),
      handler: properties.Handler,
      environment: properties.Environment.Variables,
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      roleArn: properties.Role,
      logGroup: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${ref}`,
    },
  ],
});

/** A name of CloudFormation's or an ARN, as an ARN. */
function functionArn(
  named: string,
  { account, region }: { readonly account: string; readonly region: string },
): string {
  return named.startsWith('arn:') ? named : `arn:aws:lambda:${region}:${account}:function:${named}`;
}

/** CloudFormation publishes a version anew when its logical id changes, into which the CDK puts a hash of the function's code and settings. */
export const functionVersion = resourceKind({
  properties: z.strictObject({ FunctionName: z.string(), Description: withoutEffect('for people') }),
  identify: (naming) => {
    const ofFunction = functionArn(naming.property('FunctionName') ?? '', naming);
    const version = versionNumber(naming.logicalId);
    return {
      ref: `${ofFunction}:${version}`,
      attributes: { FunctionArn: `${ofFunction}:${version}`, Version: version },
    };
  },
  read: ({ FunctionName }, place) => [
    {
      kind: 'function-version',
      logicalId: place.logicalId,
      functionArn: functionArn(FunctionName, place),
      version: place.attributes['Version'] ?? '',
      arn: place.ref,
    },
  ],
});

export const functionAlias = resourceKind({
  properties: z.strictObject({
    FunctionName: z.string(),
    FunctionVersion: z.string(),
    Name: z.string(),
    Description: withoutEffect('for people'),
  }),
  identify: (naming) => {
    const ofFunction = functionArn(naming.property('FunctionName') ?? '', naming);
    const arn = `${ofFunction}:${naming.property('Name')}`;
    return { ref: arn, attributes: { AliasArn: arn } };
  },
  read: ({ FunctionName, FunctionVersion: version, Name: name }, place) => [
    {
      kind: 'function-alias',
      logicalId: place.logicalId,
      functionArn: functionArn(FunctionName, place),
      name,
      version,
      arn: place.ref,
    },
  ],
});

export const permission = resourceKind({
  properties: z.strictObject({
    Action: z.string(),
    FunctionName: z.string(),
    Principal: z.string(),
    SourceArn: z.string().optional(),
    SourceAccount: z.string().optional(),
  }),
  identify: (naming) => ({ ref: naming.logicalId, attributes: {} }),
  read: ({ Action, FunctionName, Principal, SourceArn, SourceAccount }, place) => [
    {
      kind: 'permission',
      logicalId: place.logicalId,
      functionArn: functionArn(FunctionName, place),
      action: Action,
      principal: Principal,
      sourceArn: SourceArn ?? null,
      sourceAccount: SourceAccount ?? null,
    },
  ],
});

export const stateMachine = resourceKind({
  properties: z.strictObject({
    StateMachineName: z.string().optional(),
    StateMachineType: z.literal('STANDARD', 'only STANDARD machines run here').default('STANDARD'),
    DefinitionString: z.string(),
    RoleArn: z.string(),
    LoggingConfiguration: withoutEffect('the journal of each execution holds its whole history'),
    TracingConfiguration: withoutEffect('there is no X-Ray'),
    Tags: TAGS,
  }),
  identify: (naming) => {
    const name = naming.property('StateMachineName') ?? generatedName(naming, 80);
    const arn = `arn:aws:states:${naming.region}:${naming.account}:stateMachine:${name}`;
    const revision = revisionId(naming.property('DefinitionString') ?? '', naming.property('RoleArn') ?? '');
    return { ref: arn, attributes: { Arn: arn, Name: name, StateMachineRevisionId: revision } };
  },
  read: ({ DefinitionString: definition, RoleArn: roleArn }, { logicalId, ref, attributes }) => [
    { kind: 'machine', logicalId, name: attributes['Name'] ?? '', arn: ref, definition, roleArn },
  ],
});

/** CloudFormation publishes a version anew when the revision that it names changes. */
export const stateMachineVersion = resourceKind({
  properties: z.strictObject({
    StateMachineArn: z.string(),
    StateMachineRevisionId: z.string(),
    Description: withoutEffect('for people'),
  }),
  identify: (naming) => {
    const number = versionNumber(naming.property('StateMachineRevisionId') ?? '');
    const arn = `${naming.property('StateMachineArn')}:${number}`;
    return { ref: arn, attributes: { Arn: arn } };
  },
  read: ({ StateMachineArn: machineArn, StateMachineRevisionId }, { logicalId, ref }) => [
    { kind: 'machine-version', logicalId, machineArn, revisionId: StateMachineRevisionId, arn: ref },
  ],
});

export const logGroup = resourceKind({
  properties: z.strictObject({
    LogGroupName: z.string().optional(),
    RetentionInDays: withoutEffect('logs are files below the data directory, which live as long as it does'),
    Tags: TAGS,
  }),
  identify: (naming) => {
    const name = naming.property('LogGroupName') ?? generatedName(naming, 512);
    const arn = `arn:aws:logs:${naming.region}:${naming.account}:log-group:${name}:*`;
    return { ref: name, attributes: { Arn: arn } };
  },
  read: (_, { logicalId, ref, attributes }) => [
    { kind: 'log-group', logicalId, name: ref, arn: attributes['Arn'] ?? '' },
  ],
});

/** What is done before a stack is deleted. */
export const detachedTrigger = resourceKind({
  properties: z.strictObject({
    ServiceToken: withoutEffect('nobody deletes a stack here: tests send its function what CloudFormation would'),
    FunctionArn: withoutEffect('handed to that function'),
  }),
  identify: ({ logicalId }) => ({ ref: logicalId, attributes: {} }),
  read: () => [],
});
