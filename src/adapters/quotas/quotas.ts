import { DescribeLimitsCommand, type DynamoDBClient, paginateListTables } from '@aws-sdk/client-dynamodb';
import { GetAccountSettingsCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import {
  paginateDescribeDBClusters,
  paginateDescribeDBClusterSnapshots,
  paginateDescribeDBInstances,
  type RDSClient,
} from '@aws-sdk/client-rds';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  NoSuchResourceException,
  type ServiceQuota,
  type ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { paginateListStateMachines, type SFNClient } from '@aws-sdk/client-sfn';
import { type QuotaFacts, type QuotaName, QUOTAS } from '../../domain/prerequisites/quotas.ts';
import { type Service, translated } from '../sdk/translated.ts';

export interface QuotaClients {
  readonly quotas: ServiceQuotasClient;
  readonly lambda: LambdaClient;
  readonly dynamoDb: DynamoDBClient;
  readonly rds: RDSClient;
  readonly states: SFNClient;
}

/** Reads each quota and what is used of it. Lambda and DynamoDB tell their limits themselves; nothing is changed. */
export function quotaReaders({
  quotas,
  lambda,
  dynamoDb,
  rds,
  states,
}: QuotaClients): Readonly<Record<QuotaName, () => Promise<QuotaFacts>>> {
  const counted = (name: QuotaName, count: () => Promise<number>) => async (): Promise<QuotaFacts> => {
    const [limit, used] = await Promise.all([readLimit(quotas, name), count()]);
    return { limit, used };
  };
  const perTable =
    (unit: 'TableMaxReadCapacityUnits' | 'TableMaxWriteCapacityUnits') => async (): Promise<QuotaFacts> => {
      const limits = await translated('DynamoDB', 'DescribeLimits', () => dynamoDb.send(new DescribeLimitsCommand({})));
      return { limit: known(limits[unit], 'DescribeLimits'), used: 0 };
    };
  return {
    concurrency: async () => {
      const operation = 'GetAccountSettings';
      const { AccountLimit } = await translated('Lambda', operation, () =>
        lambda.send(new GetAccountSettingsCommand({})),
      );
      const limit = known(AccountLimit?.ConcurrentExecutions, operation);
      // What functions have reserved, no other function gets.
      return { limit, used: limit - known(AccountLimit?.UnreservedConcurrentExecutions, operation) };
    },
    tableWrites: perTable('TableMaxWriteCapacityUnits'),
    tableReads: perTable('TableMaxReadCapacityUnits'),
    tables: counted('tables', () =>
      total('DynamoDB', 'ListTables', paginateListTables({ client: dynamoDb }, {}), ({ TableNames }) => TableNames),
    ),
    machines: counted('machines', () =>
      total(
        'Step Functions',
        'ListStateMachines',
        paginateListStateMachines({ client: states }, { maxResults: 1000 }),
        ({ stateMachines }) => stateMachines,
      ),
    ),
    // How many are open, no call tells.
    executions: counted('executions', () => Promise.resolve(0)),
    clusters: counted('clusters', () =>
      total(
        'RDS',
        'DescribeDBClusters',
        paginateDescribeDBClusters({ client: rds }, {}),
        ({ DBClusters }) => DBClusters,
      ),
    ),
    dbInstances: counted('dbInstances', () =>
      total(
        'RDS',
        'DescribeDBInstances',
        paginateDescribeDBInstances({ client: rds }, {}),
        ({ DBInstances }) => DBInstances,
      ),
    ),
    snapshots: counted('snapshots', () =>
      total(
        'RDS',
        'DescribeDBClusterSnapshots',
        paginateDescribeDBClusterSnapshots({ client: rds }, { SnapshotType: 'manual' }),
        ({ DBClusterSnapshots }) => DBClusterSnapshots,
      ),
    ),
  };
}

/** The account's own value; AWS's default where Service Quotas has none for the account. */
async function readLimit(client: ServiceQuotasClient, name: QuotaName): Promise<number> {
  const { service: ServiceCode, code: QuotaCode } = QUOTAS[name];
  const asked = { ServiceCode, QuotaCode };
  const quota = await translated('Service Quotas', 'GetServiceQuota', async (): Promise<ServiceQuota | undefined> => {
    try {
      return (await client.send(new GetServiceQuotaCommand(asked))).Quota;
    } catch (error) {
      if (!(error instanceof NoSuchResourceException)) throw error;
      return (await client.send(new GetAWSDefaultServiceQuotaCommand(asked))).Quota;
    }
  });
  return known(quota?.Value, 'GetServiceQuota');
}

async function total<Page>(
  service: Service,
  operation: string,
  pages: AsyncIterable<Page>,
  of: (page: Page) => readonly unknown[] | undefined,
): Promise<number> {
  return translated(service, operation, async () => {
    let count = 0;
    for await (const page of pages) count += of(page)?.length ?? 0;
    return count;
  });
}

function known(value: number | undefined, operation: string): number {
  if (value === undefined) throw new Error(`the response to ${operation} has no value`);
  return value;
}
