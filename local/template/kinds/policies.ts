import * as z from 'zod';
import { generatedName, resourceKind, TAGS, withoutEffect } from './resource-kind.ts';

const texts = z.union([z.string(), z.array(z.string())]);

/** A policy document whose references are resolved. */
const policyDocument = z.strictObject({
  Version: z.string(),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: z.enum(['Allow', 'Deny']),
      Action: texts.optional(),
      NotAction: texts.optional(),
      Resource: texts.optional(),
      NotResource: texts.optional(),
      Principal: z.unknown().optional(),
      NotPrincipal: z.unknown().optional(),
      Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    }),
  ),
});

const named = z.strictObject({ PolicyName: z.string(), PolicyDocument: policyDocument });

export const role = resourceKind({
  properties: z.strictObject({
    RoleName: z.string().optional(),
    Description: z.string().default(''),
    AssumeRolePolicyDocument: policyDocument,
    Policies: z.array(named).default([]),
    MaxSessionDuration: withoutEffect('local credentials do not expire'),
    Tags: TAGS,
  }),
  identify: (naming) => {
    const name = naming.property('RoleName') ?? generatedName(naming, 64);
    return { ref: name, attributes: { Arn: `arn:aws:iam::${naming.account}:role/${name}` } };
  },
  read: (properties, { logicalId, ref, attributes }) => [
    {
      kind: 'role',
      logicalId,
      name: ref,
      arn: attributes['Arn'] ?? '',
      description: properties.Description,
      trust: properties.AssumeRolePolicyDocument,
      policies: properties.Policies.map((policy) => ({ name: policy.PolicyName, document: policy.PolicyDocument })),
    },
  ],
});

export const policy = resourceKind({
  properties: z.strictObject({
    PolicyName: z.string(),
    PolicyDocument: policyDocument,
    Roles: z.array(z.string()).min(1),
  }),
  identify: (naming) => ({ ref: naming.property('PolicyName') ?? naming.logicalId, attributes: {} }),
  read: ({ PolicyDocument: document, Roles: roles }, { logicalId, ref }) => [
    { kind: 'policy', logicalId, name: ref, document, roles },
  ],
});

export const managedPolicy = resourceKind({
  properties: z.strictObject({
    ManagedPolicyName: z.string().optional(),
    Description: z.string().default(''),
    Path: withoutEffect('no policy of this machine is found by its path'),
    PolicyDocument: policyDocument,
    Roles: z.array(z.string()).default([]),
  }),
  identify: (naming) => {
    const name = naming.property('ManagedPolicyName') ?? generatedName(naming, 128);
    const arn = `arn:aws:iam::${naming.account}:policy/${name}`;
    return { ref: arn, attributes: { PolicyArn: arn } };
  },
  read: ({ PolicyDocument: document, Roles: roles }, { logicalId, ref }) => [
    { kind: 'policy', logicalId, name: ref.split('/').at(-1) ?? ref, document, roles },
  ],
});

export const bucketPolicy = resourceKind({
  properties: z.strictObject({ Bucket: z.string(), PolicyDocument: policyDocument }),
  identify: (naming) => ({ ref: naming.logicalId, attributes: {} }),
  read: ({ Bucket, PolicyDocument: document }, { logicalId }) => [
    { kind: 'resource-policy', logicalId, resourceArn: `arn:aws:s3:::${Bucket}`, document },
  ],
});

export const topicPolicy = resourceKind({
  properties: z.strictObject({ Topics: z.array(z.string()).min(1), PolicyDocument: policyDocument }),
  identify: (naming) => ({ ref: naming.logicalId, attributes: {} }),
  read: ({ Topics, PolicyDocument: document }, { logicalId }) =>
    Topics.map((resourceArn) => ({ kind: 'resource-policy', logicalId, resourceArn, document })),
});

export const key = resourceKind({
  properties: z.strictObject({
    Description: withoutEffect('for people'),
    EnableKeyRotation: withoutEffect('nothing is encrypted on this machine'),
    KeyPolicy: policyDocument,
    Tags: TAGS,
  }),
  identify: (naming) => {
    const id = generatedName(naming, 2048);
    const arn = `arn:aws:kms:${naming.region}:${naming.account}:key/${id}`;
    return { ref: id, attributes: { Arn: arn, KeyId: id } };
  },
  read: ({ KeyPolicy }, { logicalId, ref, attributes }) => [
    { kind: 'key', logicalId, id: ref, arn: attributes['Arn'] ?? '', policy: KeyPolicy },
  ],
});
