import type { ConfigurationInput } from '../../infra/configuration.ts';
import { USER_POOL_ID } from '../aws/cognito/pool.ts';
import { ACCOUNT, REGION } from '../aws/account.ts';
import { clusterArn, secretArn, SIGN_IN_SECRET } from '../aws/rds/names.ts';

/** The cluster that the migration leaves. Its names are fixed, so that they are known before it runs, and after it is gone. */
export const SOURCE = {
  clusterId: 'portage-source',
  instanceId: 'portage-source-1',
  database: 'portage',
} as const;

/** The database of an environment: the cluster is one for all. */
export function databaseOf(environment?: string): string {
  return environment === undefined ? SOURCE.database : `${SOURCE.database}_${environment}`;
}

/** What the embedded stack offers in place of Aurora and a user pool, in the form of infra/cdk.json. `planFile` is an absolute path. */
export function localConfiguration(planFile: string, environment?: string): ConfigurationInput {
  return {
    ...(environment === undefined ? {} : { environment }),
    planFile,
    account: ACCOUNT,
    region: REGION,
    clusterArn: clusterArn(SOURCE.clusterId),
    secretArn: secretArn(SOURCE.clusterId),
    signInSecretArn: SIGN_IN_SECRET,
    instanceIds: [SOURCE.instanceId],
    database: databaseOf(environment),
    userPoolId: USER_POOL_ID,
    notifyEmails: ['operator@example.com'],
  };
}
