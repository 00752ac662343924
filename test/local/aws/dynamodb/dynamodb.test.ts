import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startDynamoDb } from '../../../../local/aws/dynamodb/dynamodb.ts';
import { findJava, javaMajor } from '../../../../local/aws/dynamodb/java.ts';
import { isRunning } from '../../../../local/process/running.ts';
import { closeServer, listen } from '../../../../local/process/free-port.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portage-dynamodb-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function client(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}

test('what was written is there after the engine was killed and started again on the same directory', async () => {
  const options = { storage: { directory: root }, logFile: join(root, 'log', 'dynamodb.log') };
  const first = await startDynamoDb(options);
  const before = client(first.endpoint);
  await before.send(
    new CreateTableCommand({
      TableName: 'application',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'PK', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'PK', KeyType: 'HASH' }],
    }),
  );
  await before.send(new PutItemCommand({ TableName: 'application', Item: { PK: { S: 'a' } } }));
  before.destroy();
  await first.stop();
  expect(isRunning({ pid: first.pid, program: 'DynamoDBLocal', signal: 'SIGKILL' })).toBe(false);
  const second = await startDynamoDb(options);
  const after = client(second.endpoint);
  const { Item } = await after.send(new GetItemCommand({ TableName: 'application', Key: { PK: { S: 'a' } } }));
  expect(Item).toEqual({ PK: { S: 'a' } });
  after.destroy();
  await second.stop();
});

test('tables in memory start empty', async () => {
  const engine = await startDynamoDb({ storage: 'memory', logFile: join(root, 'memory.log') });
  const memory = client(engine.endpoint);
  expect((await memory.send(new ListTablesCommand({}))).TableNames).toEqual([]);
  memory.destroy();
  await engine.stop();
});

test('a taken port is refused in one line that names it', async () => {
  const taken = createServer();
  const port = Number(new URL(await listen(taken, 0, 'test')).port);
  await expect(startDynamoDb({ storage: 'memory', port, logFile: join(root, 'taken.log') })).rejects.toThrow(
    `port ${port} (DynamoDB) is taken`,
  );
  await closeServer(taken);
});

test('a missing or too old Java is refused with the remedy', async () => {
  await expect(findJava({ JAVA_HOME: root })).rejects.toThrow(/needs Java 11\+.*does not run: install Java 11/);
  const bin = mkdtempSync(join(root, 'old-'));
  writeFileSync(join(bin, 'java'), '#!/bin/sh\necho \'openjdk version "1.8.0_392"\' >&2\n');
  chmodSync(join(bin, 'java'), 0o755);
  await expect(findJava({ PATH: `${bin}:${process.env['PATH']}` })).rejects.toThrow(/java is Java 8: install/);
});

test('the version of Java is read in both of its spellings', () => {
  expect(javaMajor('openjdk version "17.0.15" 2025-04-15')).toBe(17);
  expect(javaMajor('java version "1.8.0_392"')).toBe(8);
  expect(javaMajor('openjdk version "25" 2025-09-16')).toBe(25);
  expect(javaMajor('who knows')).toBeNull();
});
