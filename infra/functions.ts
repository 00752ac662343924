import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, CfnAlias, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { makePackage } from './bundles/bundle.ts';
import type { Configuration } from './configuration.ts';
import type { Data } from './data.ts';
import { allow } from './grant.ts';
import { type FunctionEntry, SIGN_IN_TRIGGER } from './manifest.ts';
import { type HandlerUses, usesOf } from './permissions/handler-uses.ts';
import { grantsFor, portageArn } from './permissions/permissions.ts';

/** One Lambda and one role per handler file. */
export class Functions extends Construct {
  readonly byName: ReadonlyMap<string, LambdaFunction>;
  /**
   * ARNs of the aliases `live`, for functions that the clock or the user pool calls. An alias moves to a new version once that has its
   * code and its environment, while $LATEST gets the two one after the other.
   */
  readonly live: ReadonlyMap<string, string>;

  constructor(
    scope: Construct,
    id: string,
    entries: readonly FunctionEntry[],
    uses: HandlerUses,
    configuration: Configuration,
    data: Data,
    bundles: string,
    packages: string,
  ) {
    super(scope, id);
    const environment = environmentOf(this, configuration, data);
    rmSync(packages, { recursive: true, force: true });
    const packageOf = (name: string): string => {
      const folder = join(packages, name);
      makePackage(bundles, name, configuration.planPath, folder);
      return folder;
    };
    this.byName = new Map(
      entries.map((entry) => {
        const name = `${configuration.prefix}-${entry.name}`;
        const role = new Role(this, `${entry.name}-role`, {
          assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
          description: `Runs the handler ${entry.name}`,
        });
        const logGroup = new LogGroup(this, `${entry.name}-log`, {
          logGroupName: `/aws/lambda/${name}`,
          retention: RetentionDays.THREE_MONTHS,
          // Its name is fixed: one that stayed would be in the way of the next deployment.
          removalPolicy: RemovalPolicy.DESTROY,
        });
        logGroup.grantWrite(role);
        for (const grant of grantsFor(usesOf(uses, entry.name), Stack.of(this), configuration, data))
          allow(role, grant);
        const lambda = new LambdaFunction(this, entry.name, {
          functionName: name,
          runtime: Runtime.NODEJS_24_X,
          architecture: Architecture.ARM_64,
          handler: 'index.handler',
          code: Code.fromAsset(packageOf(entry.name)),
          timeout: Duration.seconds(entry.timeoutSeconds),
          memorySize: entry.memoryMb,
          role,
          logGroup,
          environment,
          // An execution that is under way calls the versions that it began with. An update that fails leaves none: a second try publishes it.
          currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
        });
        return [entry.name, lambda] as const;
      }),
    );
    const called = new Set([...entries.filter(({ schedule }) => schedule).map(({ name }) => name), SIGN_IN_TRIGGER]);
    this.live = new Map(
      [...this.byName]
        .filter(([name]) => called.has(name))
        .map(([name, { functionName, currentVersion }]) => {
          const functionVersion = currentVersion.version;
          return [name, new CfnAlias(this, `${name}-live`, { name: 'live', functionName, functionVersion }).ref];
        }),
    );
  }
}

/** The variables that handlers/wiring reads; the embedded stack sets the same names. */
function environmentOf(scope: Construct, configuration: Configuration, data: Data): Record<string, string> {
  return {
    // Beside the bundle, in LAMBDA_TASK_ROOT.
    PORTAGE_PLAN_FILE: 'plan.json',
    PORTAGE_TABLE: data.table.tableName,
    PORTAGE_CONTROL_TABLE: data.control.tableName,
    PORTAGE_BUCKET: data.bucket.bucketName,
    // As S3 calls it. It says whether ETags are MD5s.
    PORTAGE_BUCKET_ENCRYPTION: configuration.encryptionKeyArn === undefined ? 'AES256' : 'aws:kms',
    PORTAGE_CLUSTER_ARN: configuration.clusterArn,
    PORTAGE_CLUSTER_ID: configuration.clusterId,
    PORTAGE_SECRET_ARN: configuration.secretArn,
    ...(configuration.signInSecretArn === undefined
      ? {}
      : { PORTAGE_SIGN_IN_SECRET_ARN: configuration.signInSecretArn }),
    PORTAGE_DATABASE: configuration.database,
    PORTAGE_USER_POOL_ID: configuration.userPoolId,
    PORTAGE_TOPIC_ARN: data.gates.topicArn,
    PORTAGE_METRIC_NAMESPACE: configuration.metricNamespace,
    PORTAGE_ROLLBACK_ARN: portageArn(Stack.of(scope), 'stateMachine', `${configuration.prefix}-rollback`),
    NODE_OPTIONS: '--enable-source-maps',
    POWERTOOLS_SERVICE_NAME: 'portage',
    POWERTOOLS_LOG_LEVEL: 'INFO',
    // One invocation in a hundred logs at debug level.
    POWERTOOLS_LOGGER_SAMPLE_RATE: '0.01',
  };
}
