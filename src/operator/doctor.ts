import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { Command } from 'commander';
import * as z from 'zod';
import { readPoolFacts } from '../adapters/cognito/pool-facts.ts';
import { readSignInFacts, readOwnerFacts } from '../adapters/postgres/assessment/read-login-rights.ts';
import { quotaReaders } from '../adapters/quotas/quotas.ts';
import { createClusters } from '../adapters/rds/clusters.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { Sql } from '../domain/ports/source.ts';
import type { Check } from '../domain/prerequisites/check.ts';
import { type Account, prerequisites } from '../domain/prerequisites/prerequisites.ts';
import { QUOTA_NAMES, type QuotasFound } from '../domain/prerequisites/quotas.ts';
import { formatError } from './format-error.ts';
import { OperatorError } from './operator-error.ts';
import { print } from './output.ts';
import { readPlan } from './plan/read-plan.ts';
import { withSource } from './plan/source.ts';

/** What of infra/cdk.json's `context.portage` is checked. */
const configurationSchema = z.object({
  planFile: z.string().min(1),
  clusterArn: z.string().min(1),
  secretArn: z.string().min(1),
  signInSecretArn: z.string().optional(),
  instanceIds: z.array(z.string()).min(1),
  database: z.string().min(1),
  userPoolId: z.string().min(1),
  warmThroughput: z.object({ readUnitsPerSecond: z.number(), writeUnitsPerSecond: z.number() }).optional(),
});

type Configuration = z.infer<typeof configurationSchema>;

/** `portage doctor` checks, and changes nothing, whether the account has what a deployment needs. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'check, without changing anything, that the account has what a deployment needs; exit 1 when something is missing',
    )
    .option('--config <file>', 'the configuration of the deployment', 'infra/cdk.json')
    .option('--json', 'print JSON', false)
    .action(async ({ config, json }: { config: string; json: boolean }) => {
      const { configuration, plan } = readConfiguration(config);
      const checks = prerequisites(await readAccount(configuration, plan));
      print(json, checks, [...checks.map(lineOf), summaryOf(checks)]);
      if (checks.some(({ passed }) => passed === false)) process.exitCode = 1;
    });
}

function lineOf({ subject, passed, found, remedy }: Check): string {
  if (passed === true) return `ok       ${subject}: ${found}`;
  return `${passed === null ? 'unknown' : 'missing'}  ${subject}: ${found}; ${remedy}`;
}

function summaryOf(checks: readonly Check[]): string {
  const of = (outcome: boolean | null): number => checks.filter(({ passed }) => passed === outcome).length;
  const [passed, failed, unknown] = [of(true), of(false), of(null)];
  const outcome = failed === 0 ? `all ${passed} checks passed` : `${failed} of ${passed + failed} checks failed`;
  return unknown === 0 ? outcome : `${outcome}, ${unknown} could not be made`;
}

function readConfiguration(file: string): { readonly configuration: Configuration; readonly plan: Plan } {
  const parsed = z.object({ context: z.object({ portage: configurationSchema }) }).safeParse(jsonOf(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new OperatorError(`${file}: ${issue?.path.join('.')}: ${issue?.message}; fill it in as docs/aws.md says`);
  }
  const configuration = parsed.data.context.portage;
  return { configuration, plan: readPlan(resolve(dirname(file), configuration.planFile)).plan };
}

function jsonOf(file: string): unknown {
  if (!existsSync(file))
    throw new OperatorError(`there is no ${file}: name the configuration of the deployment with --config FILE`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`${file} is no JSON (${why}): correct it, or name another with --config FILE`);
  }
}

async function readAccount(configuration: Configuration, plan: Plan): Promise<Account> {
  const { clusterArn, secretArn, signInSecretArn, database, instanceIds, userPoolId, warmThroughput } = configuration;
  const clusterId = clusterArn.split(':').at(-1) ?? '';
  const by = <Facts>(secret: string, read: (sql: Sql) => Promise<Facts>): Promise<Facts | string> =>
    orReason(async () => {
      const facts = await withSource(`${clusterArn},${secret},${database}`, {}, read);
      return facts ?? 'names no source';
    });
  const [cluster, source, pool, signIn, quotas] = await Promise.all([
    orReason(() => createClusters({ client: new RDSClient({}) }).cluster(clusterId)),
    by(secretArn, (sql) => readOwnerFacts(sql, plan)),
    plan.auth === undefined ? null : orReason(() => readPoolFacts(new CognitoIdentityProviderClient({}), userPoolId)),
    plan.auth === undefined || signInSecretArn === undefined
      ? 'signInSecretArn is not set'
      : by(signInSecretArn, (sql) => readSignInFacts(sql, plan)),
    readQuotas(process.env),
  ]);
  const auth = plan.auth === undefined ? undefined : { pool, signIn };
  return {
    cluster,
    source,
    auth,
    quotas,
    warmth: warmThroughput,
    names: { clusterId, instanceIds, userPoolId },
  };
}

/** Each quota, or why it cannot be read; a text where this environment is not an account. */
async function readQuotas(environment: NodeJS.ProcessEnv): Promise<QuotasFound | string> {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_RDS, AWS_ENDPOINT_URL_SERVICE_QUOTAS } = environment;
  // The embedded stack has no quotas, and its credentials are none for AWS.
  if (AWS_ENDPOINT_URL_RDS && !AWS_ENDPOINT_URL_SERVICE_QUOTAS && !AWS_ENDPOINT_URL)
    return `AWS_ENDPOINT_URL_RDS leads to ${AWS_ENDPOINT_URL_RDS}, which has no Service Quotas`;
  const readers = quotaReaders({
    quotas: new ServiceQuotasClient({}),
    lambda: new LambdaClient({}),
    dynamoDb: new DynamoDBClient({}),
    rds: new RDSClient({}),
    states: new SFNClient({}),
  });
  return new Map(await Promise.all(QUOTA_NAMES.map(async (name) => [name, await orReason(readers[name])] as const)));
}

/** What is read, or in one line why it cannot be. */
async function orReason<Facts>(read: () => Promise<Facts>): Promise<Facts | string> {
  try {
    return await read();
  } catch (error) {
    return formatError(error);
  }
}
