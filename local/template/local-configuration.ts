import type { ConfigurationInput } from '../../infra/configuration.ts';
import { USER_POOL_ID } from '../aws/cognito/pool.ts';
import { ACCOUNT, REGION } from '../aws/lambda/function-context.ts';
import { clusterArn, secretArn, SIGN_IN_SECRET } from '../aws/rds/names.ts';

/** The cluster that the migration leaves. Its names are fixed, so that they are known before it runs, and after it is gone. */
export const SOURCE = {
  clusterId: 'portage-source',
  instanceId: 'portage-source-1',
  database: 'portage',
} as const;

/** What the embedded stack offers in place of Aurora and a user pool, in the form of infra/cdk.json. `planFile` is an absolute path. */
export function localConfiguration(planFile: string): ConfigurationInput {
  return {
    planFile,
    account: ACCOUNT,
    region: REGION,
    clusterArn: clusterArn(SOURCE.clusterId),
    secretArn: secretArn(SOURCE.clusterId),
    signInSecretArn: SIGN_IN_SECRET,
    instanceIds: [SOURCE.instanceId],
    database: SOURCE.database,
    userPoolId: USER_POOL_ID,
    notifyEmails: ['operator@example.com'],
  };
}
