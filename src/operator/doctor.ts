import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { RDSClient } from '@aws-sdk/client-rds';
import type { Command } from 'commander';
import * as z from 'zod';
import { readPoolFacts } from '../adapters/cognito/pool-facts.ts';
import { readSignInFacts, readOwnerFacts } from '../adapters/postgres/assessment/read-login-rights.ts';
import { createClusters } from '../adapters/rds/clusters.ts';
import { type Account, type Check, prerequisites } from '../domain/assess/prerequisites.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { Sql } from '../domain/ports/source.ts';
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
      const failed = checks.filter(({ passed }) => !passed).length;
      const summary =
        failed === 0 ? `all ${checks.length} checks passed` : `${failed} of ${checks.length} checks failed`;
      print(json, checks, [...checks.map(lineOf), summary]);
      if (failed > 0) process.exitCode = 1;
    });
}

function lineOf({ subject, passed, found, remedy }: Check): string {
  return passed ? `ok       ${subject}: ${found}` : `missing  ${subject}: ${found}; ${remedy}`;
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
  const { clusterArn, secretArn, signInSecretArn, database, instanceIds, userPoolId } = configuration;
  const clusterId = clusterArn.split(':').at(-1) ?? '';
  const by = <Facts>(secret: string, read: (sql: Sql) => Promise<Facts>): Promise<Facts | string> =>
    orReason(async () => {
      const facts = await withSource(`${clusterArn},${secret},${database}`, {}, read);
      return facts ?? 'names no source';
    });
  const [cluster, source, pool, signIn] = await Promise.all([
    orReason(() => createClusters({ client: new RDSClient({}) }).cluster(clusterId)),
    by(secretArn, (sql) => readOwnerFacts(sql, plan)),
    plan.auth === undefined ? null : orReason(() => readPoolFacts(new CognitoIdentityProviderClient({}), userPoolId)),
    plan.auth === undefined || signInSecretArn === undefined
      ? 'signInSecretArn is not set'
      : by(signInSecretArn, (sql) => readSignInFacts(sql, plan)),
  ]);
  const auth = plan.auth === undefined ? undefined : { pool, signIn };
  return { cluster, source, auth, names: { clusterId, instanceIds, userPoolId } };
}

/** What is read, or in one line why it cannot be. */
async function orReason<Facts>(read: () => Promise<Facts>): Promise<Facts | string> {
  try {
    return await read();
  } catch (error) {
    return formatError(error);
  }
}
