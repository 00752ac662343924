import * as z from 'zod';
import type { RuleInput } from '../deployment.ts';
import { generatedName, resourceKind, TAGS, withoutEffect } from './resource-kind.ts';

const target = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  RoleArn: z.string().optional(),
  Input: z.string().optional(),
  InputTransformer: z
    .strictObject({ InputPathsMap: z.record(z.string(), z.string()).default({}), InputTemplate: z.string() })
    .optional(),
  RetryPolicy: withoutEffect('a target of this machine is called once; a failure is written to the log of schedules'),
});

export const rule = resourceKind({
  properties: z.strictObject({
    Name: z.string().optional(),
    Description: withoutEffect('for people'),
    ScheduleExpression: z.string().optional(),
    EventPattern: z.record(z.string(), z.unknown()).optional(),
    State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
    Targets: z.array(target).default([]),
    Tags: TAGS,
  }),
  identify: (naming) => {
    const name = naming.property('Name') ?? generatedName(naming, 64);
    return { ref: name, attributes: { Arn: `arn:aws:events:${naming.region}:${naming.account}:rule/${name}` } };
  },
  read: (properties, { logicalId, ref, attributes }) => [
    {
      kind: 'rule',
      logicalId,
      name: ref,
      arn: attributes['Arn'] ?? '',
      enabled: properties.State === 'ENABLED',
      schedule: properties.ScheduleExpression ?? null,
      eventPattern: properties.EventPattern ?? null,
      targets: properties.Targets.map((one) => ({
        id: one.Id,
        arn: one.Arn,
        roleArn: one.RoleArn ?? null,
        input: inputOf(one),
      })),
    },
  ],
});

function inputOf({ Input, InputTransformer }: z.infer<typeof target>): RuleInput {
  if (InputTransformer !== undefined)
    return { from: 'template', paths: InputTransformer.InputPathsMap, template: InputTransformer.InputTemplate };
  return Input === undefined ? { from: 'event' } : { from: 'constant', json: Input };
}

export const topic = resourceKind({
  properties: z.strictObject({
    TopicName: z.string().optional(),
    DisplayName: withoutEffect('for people'),
    KmsMasterKeyId: z.string().optional(),
    Tags: TAGS,
  }),
  identify: (naming) => {
    const name = naming.property('TopicName') ?? generatedName(naming, 256);
    const arn = `arn:aws:sns:${naming.region}:${naming.account}:${name}`;
    return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
  },
  read: ({ KmsMasterKeyId }, { logicalId, ref, attributes }) => [
    { kind: 'topic', logicalId, name: attributes['TopicName'] ?? '', arn: ref, key: KmsMasterKeyId ?? null },
  ],
});

export const subscription = resourceKind({
  properties: z.strictObject({ TopicArn: z.string(), Protocol: z.string(), Endpoint: z.string() }),
  identify: (naming) => ({ ref: naming.logicalId, attributes: {} }),
  read: ({ TopicArn: topicArn, Protocol: protocol, Endpoint: endpoint }, { logicalId }) => [
    { kind: 'subscription', logicalId, topicArn, protocol, endpoint },
  ],
});
