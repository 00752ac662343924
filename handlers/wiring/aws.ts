import { createStackAnswer } from '../../src/adapters/cloudformation/stack-answer.ts';
import { createMetricReader } from '../../src/adapters/cloudwatch/metric-reader.ts';
import { createMetrics } from '../../src/adapters/cloudwatch/metrics.ts';
import { createUserPool } from '../../src/adapters/cognito/user-pool.ts';
import { createNotify } from '../../src/adapters/notify/notify.ts';
import { createClusters } from '../../src/adapters/rds/clusters.ts';
import { createExecutions } from '../../src/adapters/states/executions.ts';
import { createRollback } from '../../src/adapters/states/rollback.ts';
import type { UserPool } from '../../src/domain/ports/user-pool.ts';
import { cloudwatch, cognito, rds, sns, states } from './clients.ts';
import type { Environment } from './environment.ts';
import { type PortFactory, port } from './port.ts';
import type { AwsPorts } from './ports.ts';

export const metrics: PortFactory<AwsPorts['metrics']> = /* @__PURE__ */ port({}, ({ client, value, atEnd }) => {
  const metrics = createMetrics({ client: client(cloudwatch), namespace: value('PORTAGE_METRIC_NAMESPACE') });
  // A frozen function sends nothing.
  atEnd(() => metrics.flush());
  return metrics;
});

export const metricReader: PortFactory<AwsPorts['metricReader']> = /* @__PURE__ */ port({}, ({ client, value }) =>
  createMetricReader({ client: client(cloudwatch), namespace: value('PORTAGE_METRIC_NAMESPACE') }),
);

export const notify: PortFactory<AwsPorts['notify']> = /* @__PURE__ */ port({}, ({ client, value }) =>
  createNotify({ client: client(sns), topicArn: value('PORTAGE_TOPIC_ARN') }),
);

export const userTrigger: PortFactory<AwsPorts['userTrigger']> = /* @__PURE__ */ port({}, userPoolOf);

export const stackAnswer: PortFactory<AwsPorts['stackAnswer']> = /* @__PURE__ */ port({}, createStackAnswer);

export const userCount: PortFactory<AwsPorts['userCount']> = /* @__PURE__ */ port({}, userPoolOf);

export const userLookup: PortFactory<AwsPorts['userLookup']> = /* @__PURE__ */ port({}, userPoolOf);

export const userCreation: PortFactory<AwsPorts['userCreation']> = /* @__PURE__ */ port({}, userPoolOf);

export const executionStatus: PortFactory<AwsPorts['executionStatus']> = /* @__PURE__ */ port({}, ({ client }) =>
  createExecutions({ client: client(states) }),
);

export const executionStop: PortFactory<AwsPorts['executionStop']> = /* @__PURE__ */ port({}, ({ client }) =>
  createExecutions({ client: client(states) }),
);

export const rollback: PortFactory<AwsPorts['rollback']> = /* @__PURE__ */ port({}, ({ client, value }) =>
  createRollback({ client: client(states), stateMachineArn: value('PORTAGE_ROLLBACK_ARN') }),
);

export const gateTasks: PortFactory<AwsPorts['gateTasks']> = /* @__PURE__ */ port({}, ({ client }) =>
  createExecutions({ client: client(states) }),
);

export const clusterId: PortFactory<AwsPorts['clusterId']> = /* @__PURE__ */ port({}, ({ value }) =>
  value('PORTAGE_CLUSTER_ID'),
);

export const backupSnapshots: PortFactory<AwsPorts['backupSnapshots']> = /* @__PURE__ */ port({}, ({ client }) =>
  createClusters({ client: client(rds) }),
);

export const clusterRestore: PortFactory<AwsPorts['clusterRestore']> = /* @__PURE__ */ port({}, ({ client }) =>
  createClusters({ client: client(rds) }),
);

export const restoredClusterRemoval: PortFactory<AwsPorts['restoredClusterRemoval']> = /* @__PURE__ */ port(
  {},
  ({ client }) => createClusters({ client: client(rds) }),
);

export const sourceRemoval: PortFactory<AwsPorts['sourceRemoval']> = /* @__PURE__ */ port({}, ({ client }) =>
  createClusters({ client: client(rds) }),
);

function userPoolOf({ client, value }: Environment): UserPool {
  return createUserPool({ client: client(cognito), userPoolId: value('PORTAGE_USER_POOL_ID') });
}
