import {
  DescribeDBClustersCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import type { DatabasesFacts } from '../../../../local/stack/databases.ts';

export interface Clients {
  readonly rds: RDSClient;
  /** Runs SQL through the Data API, on the source unless another cluster and secret are named. */
  sql(text: string, cluster?: { readonly arn: string; readonly secretArn: string }): Promise<unknown>;
  snapshotStatus(id: string): Promise<string | undefined>;
  clusterStatus(id: string): Promise<string | undefined>;
  instanceStatus(id: string): Promise<string | undefined>;
  destroy(): void;
}

/** AWS's clients for a databases process. */
export function connect(facts: DatabasesFacts): Clients {
  const local = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
  const rds = new RDSClient({ ...local, endpoint: facts.rdsEndpoint });
  const data = new RDSDataClient({ ...local, endpoint: facts.dataApiEndpoint });
  return {
    rds,
    sql: async (text, cluster = { arn: facts.clusterArn, secretArn: facts.secretArn }) => {
      const { formattedRecords } = await data.send(
        new ExecuteStatementCommand({
          resourceArn: cluster.arn,
          secretArn: cluster.secretArn,
          database: facts.database,
          sql: text,
          formatRecordsAs: 'JSON',
        }),
      );
      return JSON.parse(formattedRecords ?? 'null');
    },
    snapshotStatus: async (id) => {
      const found = await rds.send(new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: id }));
      return found.DBClusterSnapshots?.[0]?.Status;
    },
    clusterStatus: async (id) => {
      const found = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }));
      return found.DBClusters?.[0]?.Status;
    },
    instanceStatus: async (id) => {
      const found = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
      return found.DBInstances?.[0]?.DBInstanceStatus;
    },
    destroy: () => {
      rds.destroy();
      data.destroy();
    },
  };
}

/** Asks until the answer is the wanted one; an error counts by its name. */
export async function until(wanted: string, ask: () => Promise<string | undefined>): Promise<void> {
  for (;;) {
    const answer = await ask().catch((error: unknown) => (error instanceof Error ? error.name : String(error)));
    if (answer === wanted) return;
    if (answer !== 'creating' && answer !== 'deleting') throw new Error(`${answer} instead of ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
