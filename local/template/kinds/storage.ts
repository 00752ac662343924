import * as z from 'zod';
import type { TableKeys } from '../deployment.ts';
import { generatedName, resourceKind, TAGS, withoutEffect } from './resource-kind.ts';

const keySchema = z
  .array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }))
  .min(1)
  .max(2);

export const table = resourceKind({
  properties: z.strictObject({
    TableName: z.string().optional(),
    AttributeDefinitions: z.array(
      z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
    ),
    KeySchema: keySchema,
    BillingMode: z.literal('PAY_PER_REQUEST', 'only on-demand tables run here'),
    GlobalSecondaryIndexes: z
      .array(
        z.strictObject({
          IndexName: z.string(),
          KeySchema: keySchema,
          Projection: z.strictObject({
            ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
            NonKeyAttributes: z.array(z.string()).default([]),
          }),
          WarmThroughput: withoutEffect('DynamoDB Local throttles nothing'),
          WriteOnDemandThroughputSettings: withoutEffect('DynamoDB Local throttles nothing'),
        }),
      )
      .default([]),
    Replicas: z
      .array(
        z.strictObject({
          Region: z.string(),
          GlobalSecondaryIndexes: withoutEffect('settings of a region: contributor insights, capacity'),
          DeletionProtectionEnabled: withoutEffect('the data directory is deleted as a whole'),
          PointInTimeRecoverySpecification: withoutEffect('DynamoDB Local has no backups'),
          ContributorInsightsSpecification: withoutEffect('there are no contributor insights'),
          ReadOnDemandThroughputSettings: withoutEffect('DynamoDB Local throttles nothing'),
          SSESpecification: z.strictObject({ KMSMasterKeyId: z.string() }).optional(),
          Tags: TAGS,
        }),
      )
      .length(1, 'only tables of one region run here'),
    SSESpecification: withoutEffect('nothing is encrypted on this machine; a key of the customer is in the replica'),
    StreamSpecification: z
      .strictObject({ StreamViewType: z.enum(['NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES', 'KEYS_ONLY']) })
      .optional(),
    TimeToLiveSpecification: z.strictObject({ AttributeName: z.string(), Enabled: z.boolean() }).optional(),
    WarmThroughput: withoutEffect('DynamoDB Local throttles nothing'),
    WriteOnDemandThroughputSettings: withoutEffect('DynamoDB Local throttles nothing'),
  }),
  identify: (naming) => {
    const name = naming.property('TableName') ?? generatedName(naming, 255);
    return {
      ref: name,
      attributes: { Arn: `arn:aws:dynamodb:${naming.region}:${naming.account}:table/${name}` },
    };
  },
  read: (properties, { logicalId, ref, attributes }) => [
    {
      kind: 'table',
      logicalId,
      name: ref,
      arn: attributes['Arn'] ?? '',
      attributeTypes: Object.fromEntries(
        properties.AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
      ),
      keys: keysOf(properties.KeySchema),
      indexes: properties.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
        name: IndexName,
        ...keysOf(KeySchema),
        projection: { type: Projection.ProjectionType, attributes: Projection.NonKeyAttributes },
      })),
      expiry:
        properties.TimeToLiveSpecification?.Enabled === true ? properties.TimeToLiveSpecification.AttributeName : null,
      streamView: properties.StreamSpecification?.StreamViewType ?? null,
      key: properties.Replicas[0]?.SSESpecification?.KMSMasterKeyId ?? null,
    },
  ],
});

function keysOf(schema: z.infer<typeof keySchema>): TableKeys {
  const named = (type: 'HASH' | 'RANGE'): string | null =>
    schema.find(({ KeyType }) => KeyType === type)?.AttributeName ?? null;
  return { partitionKey: named('HASH') ?? '', sortKey: named('RANGE') };
}

const bucketEncryption = z.strictObject({
  ServerSideEncryptionConfiguration: z
    .array(
      z.strictObject({
        ServerSideEncryptionByDefault: z.discriminatedUnion('SSEAlgorithm', [
          z.strictObject({ SSEAlgorithm: z.literal('AES256') }),
          z.strictObject({ SSEAlgorithm: z.literal('aws:kms'), KMSMasterKeyID: z.string() }),
        ]),
        BucketKeyEnabled: withoutEffect('no call to KMS is made here that it could save'),
      }),
    )
    .length(1),
});

export const bucket = resourceKind({
  properties: z.strictObject({
    BucketName: z.string().optional(),
    BucketEncryption: bucketEncryption.optional(),
    LifecycleConfiguration: withoutEffect('the simulated clock would delete what real days have not aged'),
    LoggingConfiguration: withoutEffect('access logs are written by S3 itself, hours later'),
    OwnershipControls: withoutEffect('all local objects have one owner'),
    PublicAccessBlockConfiguration: withoutEffect('the endpoint is reached from this machine only'),
    VersioningConfiguration: withoutEffect('s3rver keeps no versions; nothing reads an old one'),
    Tags: TAGS,
  }),
  identify: (naming) => {
    const name = naming.property('BucketName') ?? generatedName(naming, 63).toLowerCase();
    return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
  },
  read: ({ BucketEncryption }, { logicalId, ref, attributes }) => {
    const encryption = BucketEncryption?.ServerSideEncryptionConfiguration[0]?.ServerSideEncryptionByDefault;
    const key = encryption?.SSEAlgorithm === 'aws:kms' ? encryption.KMSMasterKeyID : null;
    return [{ kind: 'bucket', logicalId, name: ref, arn: attributes['Arn'] ?? '', key }];
  },
});
