import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  Billing,
  ProjectionType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Configuration } from './configuration.ts';

/** Where the rows go and where the migration keeps its state. All of it outlives the stack: it is the database now. */
export class Data extends Construct {
  readonly table: TableV2;
  readonly control: TableV2;
  readonly bucket: Bucket;
  readonly gates: Topic;
  readonly topicKey: Key;

  constructor(scope: Construct, id: string, configuration: Configuration) {
    super(scope, id);
    const name = `${configuration.prefix}-${configuration.plan.name}`;
    const key =
      configuration.encryptionKeyArn === undefined
        ? undefined
        : Key.fromKeyArn(this, 'EncryptionKey', configuration.encryptionKeyArn);
    const kept = {
      partitionKey: string('PK'),
      sortKey: string('SK'),
      billing: Billing.onDemand(),
      encryption: key === undefined ? TableEncryptionV2.awsManagedKey() : TableEncryptionV2.customerManagedKey(key),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    };
    // Warmed, because a new table takes 4,000 write units a second, which is less than a load may need.
    const { warmThroughput } = configuration;
    const warmed = warmThroughput === undefined ? {} : { warmThroughput };
    this.table = new TableV2(this, 'Table', {
      ...kept,
      ...warmed,
      tableName: configuration.tableName,
      globalSecondaryIndexes: configuration.plan.table.indexes.map((indexName) => ({
        indexName,
        partitionKey: string(`${indexName}PK`),
        sortKey: string(`${indexName}SK`),
        projectionType: ProjectionType.ALL,
        ...warmed,
      })),
    });
    this.control = new TableV2(this, 'Control', { ...kept, tableName: `${name}-control` });
    const ours = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const bucket = {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.RETAIN,
    };
    // Under keys of S3 always: S3 delivers access logs to no bucket with a key of KMS.
    const logs = new Bucket(this, 'AccessLogs', { ...bucket, lifecycleRules: [{ expiration: Duration.days(365) }] });
    Validations.of(logs).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'It holds access logs; its own would never end.',
    });
    this.bucket = new Bucket(this, 'Bodies', {
      ...bucket,
      // S3 asks KMS once in a while for a key of the bucket, not for each object.
      ...(key === undefined ? {} : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
      bucketName: `${name}-${Stack.of(this).account}`,
      versioned: true,
      lifecycleRules: [
        // As long as a table can be restored, and some more: what an old item points to is still there.
        { noncurrentVersionExpiration: Duration.days(90), abortIncompleteMultipartUploadAfter: Duration.days(7) },
        // Of the runs of verifications. The bodies that the last run proved are proven again where its documents are gone.
        { prefix: 'documents/', expiration: Duration.days(90), noncurrentVersionExpiration: Duration.days(1) },
      ],
    });
    const { defaultChild } = this.bucket.node;
    if (defaultChild instanceof CfnBucket)
      defaultChild.loggingConfiguration = { destinationBucketName: logs.bucketName };
    logs.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [logs.arnForObjects('*')],
        conditions: ours,
      }),
    );
    const cloudwatch = new ServicePrincipal('cloudwatch.amazonaws.com');
    // Alarms cannot publish under AWS's own key, nor to a topic whose policy does not name them.
    this.topicKey = new Key(this, 'TopicKey', {
      description: 'Messages of gates and alarms on their way',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.topicKey.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudwatch],
        actions: ['kms:GenerateDataKey*', 'kms:Decrypt'],
        resources: ['*'],
        conditions: ours,
      }),
    );
    this.gates = new Topic(this, 'Gates', {
      topicName: `${name}-gates`,
      enforceSSL: true,
      masterKey: this.topicKey,
    });
    this.gates.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudwatch],
        actions: ['sns:Publish'],
        resources: [this.gates.topicArn],
        conditions: ours,
      }),
    );
    for (const email of configuration.notifyEmails) this.gates.addSubscription(new EmailSubscription(email));
  }
}

function string(name: string): Attribute {
  return { name, type: AttributeType.STRING };
}
