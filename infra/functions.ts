import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import type { Configuration } from './configuration.ts';
import type { Data } from './data.ts';
import type { FunctionEntry } from './manifest.ts';
import { statementsFor } from './permissions.ts';

/** Handlers that must never run twice at once: two relays or sweepers would be safe, and a waste. */
const ALONE = new Set(['relay', 'sweep']);

/** One Lambda and one role per handler file. */
export class Functions extends Construct {
  readonly byName: ReadonlyMap<string, LambdaFunction>;

  constructor(
    scope: Construct,
    id: string,
    entries: readonly FunctionEntry[],
    configuration: Configuration,
    data: Data,
    root: string,
    bundles: string,
  ) {
    super(scope, id);
    const environment = environmentOf(configuration, data);
    this.byName = new Map(
      entries.map((entry) => {
        const name = `portage-${entry.name}`;
        const role = new Role(this, `${entry.name}-role`, {
          assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
          description: `Runs handlers/${entry.name}.ts`,
        });
        const logGroup = new LogGroup(this, `${entry.name}-log`, {
          logGroupName: `/aws/lambda/${name}`,
          retention: RetentionDays.THREE_MONTHS,
        });
        logGroup.grantWrite(role);
        for (const use of entry.uses) {
          for (const statement of statementsFor(use, Stack.of(this), configuration, data)) role.addToPolicy(statement);
        }
        const lambda = new LambdaFunction(this, entry.name, {
          functionName: name,
          runtime: Runtime.NODEJS_24_X,
          architecture: Architecture.ARM_64,
          handler: 'index.handler',
          code: Code.fromAsset(bundle(entry.name, configuration.planPath, root, bundles)),
          timeout: Duration.seconds(entry.timeoutSeconds),
          memorySize: entry.memoryMb,
          tracing: Tracing.ACTIVE,
          role,
          logGroup,
          environment,
          ...(ALONE.has(entry.name) ? { reservedConcurrentExecutions: 1 } : {}),
        });
        return [entry.name, lambda] as const;
      }),
    );
  }
}

/** What handlers/compose.ts reads; the embedded stack sets the same names. */
function environmentOf(configuration: Configuration, data: Data): Record<string, string> {
  return {
    PORTAGE_PLAN_FILE: '/var/task/plan.json',
    PORTAGE_CONTROL_TABLE: data.control.tableName,
    PORTAGE_BUCKET: data.bucket.bucketName,
    PORTAGE_CLUSTER_ARN: configuration.clusterArn,
    PORTAGE_CLUSTER_ID: configuration.clusterId,
    PORTAGE_SECRET_ARN: configuration.secretArn,
    PORTAGE_DATABASE: configuration.database,
    PORTAGE_USER_POOL_ID: configuration.userPoolId,
    PORTAGE_TOPIC_ARN: data.gates.topicArn,
    NODE_OPTIONS: '--enable-source-maps',
  };
}

/** Bundles with the SDK inside: the version that the tests ran is the one that runs. */
function bundle(name: string, planPath: string, root: string, bundles: string): string {
  const folder = join(bundles, name);
  mkdirSync(folder, { recursive: true });
  buildSync({
    entryPoints: [join(root, 'handlers', `${name}.ts`)],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    // Some dependencies are CommonJS and call require for Node's own modules.
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
  });
  copyFileSync(planPath, join(folder, 'plan.json'));
  return folder;
}
