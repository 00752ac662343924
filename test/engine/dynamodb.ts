import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { startDynamoDb } from '../../local/aws/dynamodb/dynamodb.ts';
import { CREDENTIALS } from '../../local/process/credentials.ts';
import type { Part } from '../../local/process/part.ts';
import { runFolder } from './run-folder.ts';

const recorded = z.object({ endpoint: z.string(), pid: z.number() });

/** Fixtures of this suite that use it at this moment. */
let users = 0;

/**
 * DynamoDB Local without tables. Each worker of the test run has one, which its suites use in turn, because a start takes two seconds of
 * a processor; `end-engines.ts` ends it.
 */
export async function takeDynamoDb(): Promise<Part> {
  const folder = runFolder();
  const worker = z.string().parse(process.env['JEST_WORKER_ID']);
  const file = join(folder, `dynamodb-${worker}.json`);
  if (!existsSync(file)) {
    const logFile = join(folder, 'dynamodb', `${worker}.log`);
    const { endpoint, pid } = await startDynamoDb({ storage: 'memory', logFile });
    writeFileSync(file, JSON.stringify({ endpoint, pid }));
  }
  const { endpoint } = recorded.parse(JSON.parse(readFileSync(file, 'utf8')));
  if (users === 0) await deleteTables(endpoint);
  users += 1;
  return {
    name: 'dynamodb',
    endpoint,
    stop: () => {
      users -= 1;
      return Promise.resolve();
    },
  };
}

async function deleteTables(endpoint: string): Promise<void> {
  const client = new DynamoDBClient({ region: 'us-east-1', credentials: CREDENTIALS, endpoint });
  try {
    for (;;) {
      const { TableNames = [] } = await client.send(new ListTablesCommand({}));
      if (TableNames.length === 0) return;
      for (const TableName of TableNames) await client.send(new DeleteTableCommand({ TableName }));
    }
  } finally {
    client.destroy();
  }
}
