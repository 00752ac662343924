import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { SNSClient } from '@aws-sdk/client-sns';
import { createMetricReader } from '../../src/adapters/cloudwatch/metric-reader.ts';
import { createMetrics } from '../../src/adapters/cloudwatch/metrics.ts';
import { createUserPool } from '../../src/adapters/cognito/user-pool.ts';
import { createNotify } from '../../src/adapters/notify/notify.ts';
import { createClusters } from '../../src/adapters/rds/clusters.ts';
import { createExecutions } from '../../src/adapters/states/executions.ts';
import { createRollback } from '../../src/adapters/states/rollback.ts';
import type { UserPool } from '../../src/domain/ports/user-pool.ts';
import { type Factories, port } from './port.ts';
import type { AwsPorts } from './ports.ts';
import type { Shared } from './shared.ts';

const NAMESPACE = 'Portage';

export const awsFactories: Factories<AwsPorts> = {
  metrics: port([], ({ cloudwatch }) => createMetrics({ client: cloudwatch(), namespace: NAMESPACE })),
  metricReader: port([], ({ cloudwatch }) => createMetricReader({ client: cloudwatch(), namespace: NAMESPACE })),
  notify: port([], ({ value }) => createNotify({ client: new SNSClient({}), topicArn: value('PORTAGE_TOPIC_ARN') })),
  userTrigger: port([], userPoolOf),
  userCount: port([], userPoolOf),
  userLookup: port([], userPoolOf),
  userCreation: port([], userPoolOf),
  executionStatus: port([], ({ states }) => createExecutions({ client: states() })),
  executionStop: port([], ({ states }) => createExecutions({ client: states() })),
  rollback: port([], ({ states, value }) =>
    createRollback({ client: states(), stateMachineArn: value('PORTAGE_ROLLBACK_ARN') }),
  ),
  gateTasks: port([], ({ states }) => createExecutions({ client: states() })),
  clusterId: port([], ({ value }) => value('PORTAGE_CLUSTER_ID')),
  backupSnapshots: port([], ({ rds }) => createClusters({ client: rds() })),
  clusterRestore: port([], ({ rds }) => createClusters({ client: rds() })),
  restoredClusterRemoval: port([], ({ rds }) => createClusters({ client: rds() })),
  sourceRemoval: port([], ({ rds }) => createClusters({ client: rds() })),
};

function userPoolOf({ value }: Shared): UserPool {
  return createUserPool({ client: new CognitoIdentityProviderClient({}), userPoolId: value('PORTAGE_USER_POOL_ID') });
}
