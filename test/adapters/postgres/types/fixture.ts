import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Client } from 'pg';
import { toPositional } from '../../../../src/adapters/postgres/connection/named-parameters.ts';
import { takeDynamoDb } from '../../../engine/dynamodb.ts';
import { CREDENTIALS } from '../../../../local/process/credentials.ts';
import { createIntents } from '../../../../src/adapters/dynamodb/intents.ts';
import { createTable } from '../../../../src/adapters/dynamodb/table.ts';
import { createDataApiSource } from '../../../../src/adapters/postgres/connection/data-api.ts';
import type { SqlRow, SqlSource, SqlValue } from '../../../../src/domain/ports/source.ts';
import type { Intents, Table } from '../../../../src/domain/ports/table.ts';
import { startHarness, TARGET } from '../../../local/aws/data-api/harness.ts';

/** PostgreSQL behind both of its ways in, and a table in DynamoDB Local. */
export interface TypeFixture {
  readonly psql: Client;
  readonly dataApi: SqlSource;
  readonly table: Table;
  readonly intents: Intents;
  /** PostgreSQL through `pg`, in sessions under these settings. */
  pg(settings?: Readonly<Record<string, string>>): Promise<PgSource>;
  stop(): Promise<void>;
}

export interface PgSource extends SqlSource {
  /** The session that it runs in. */
  readonly session: Client;
}

export async function startTypeFixture(): Promise<TypeFixture> {
  const [api, engine] = await Promise.all([startHarness(), takeDynamoDb()]);
  const dynamo = new DynamoDBClient({ region: 'us-east-1', credentials: CREDENTIALS, endpoint: engine.endpoint });
  await dynamo.send(
    new CreateTableCommand({
      TableName: 'types',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['PK', 'SK'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: [
        { AttributeName: 'PK', KeyType: 'HASH' },
        { AttributeName: 'SK', KeyType: 'RANGE' },
      ],
    }),
  );
  const clients: Client[] = [];
  const connect = async (): Promise<Client> => {
    const client = new Client({ connectionString: api.postgres.connectionString });
    await client.connect();
    clients.push(client);
    return client;
  };
  return {
    psql: await connect(),
    dataApi: createDataApiSource({ client: api.client, ...TARGET }),
    table: createTable({
      client: dynamo,
      tableName: 'types',
      controlTableName: 'types',
      deadlineMs: 10_000,
      metrics: { count: () => {}, milliseconds: () => {}, flush: () => Promise.resolve() },
    }),
    intents: createIntents({ client: dynamo, controlTableName: 'types' }),
    pg: async (settings = {}) => {
      const session = await connect();
      for (const [name, value] of Object.entries(settings))
        await session.query('SELECT set_config($1, $2, false)', [name, value]);
      return pgSource(session);
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.end()));
      dynamo.destroy();
      await Promise.all([api.stop(), engine.stop()]);
    },
  };
}

function pgSource(session: Client): PgSource {
  const query = async (
    text: string,
    parameters: Readonly<Record<string, SqlValue>> = {},
  ): Promise<readonly SqlRow[]> => {
    const { text: positional, names } = toPositional(text);
    const { rows } = await session.query<Record<string, SqlValue>>(
      positional,
      names.map((name) => parameters[name]),
    );
    return rows;
  };
  const end = (statement: string) => async (): Promise<void> => void (await session.query(statement));
  return {
    session,
    query,
    begin: async () => {
      await session.query('BEGIN');
      return { query, commit: end('COMMIT'), rollback: end('ROLLBACK') };
    },
  };
}
