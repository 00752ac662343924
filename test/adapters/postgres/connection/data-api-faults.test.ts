import type { Server } from 'node:http';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { faultAnswer, type ServiceFault } from '../../../../local/faults/service-faults.ts';
import { CREDENTIALS } from '../../../../local/process/credentials.ts';
import { closeServer, httpServer, listen } from '../../../../local/process/free-port.ts';
import { createDataApiSource } from '../../../../src/adapters/postgres/connection/data-api.ts';
import { repeated } from '../../../../src/adapters/postgres/connection/repeated.ts';
import type { SqlSource } from '../../../../src/domain/ports/source.ts';

/** What befalls the next calls, one after the other; then they go well. */
let faults: ServiceFault[] = [];
let calls = 0;
let server: Server;
let client: RDSDataClient;
let source: SqlSource;

beforeAll(async () => {
  server = httpServer((incoming, outgoing) => {
    incoming.resume();
    calls += 1;
    const fault = faults.shift();
    const answer = fault === undefined ? null : faultAnswer('RDS_DATA', fault, Buffer.alloc(0));
    const body =
      incoming.url === '/BeginTransaction' ? '{"transactionId":"t"}' : '{"formattedRecords":"[{\\"one\\":1}]"}';
    const { status, headers, body: text } = answer ?? { status: 200, headers: {}, body };
    outgoing.writeHead(status, headers).end(text);
  });
  client = new RDSDataClient({
    endpoint: await listen(server, 0, 'the Data API'),
    region: 'us-east-1',
    credentials: CREDENTIALS,
  });
  source = createDataApiSource({ client, resourceArn: 'arn:cluster', secretArn: 'arn:secret', database: 'd' });
});

beforeEach(() => {
  calls = 0;
});

afterAll(async () => {
  client.destroy();
  await closeServer(server);
});

const READ = 'SELECT 1 AS one';
const WRITE = 'UPDATE t SET a = 1';
const PASSING: readonly ServiceFault[] = ['throttled', 'server error', 'bad gateway'];

test.each(PASSING)('a statement that only reads is sent again after a call that was %s', async (fault) => {
  faults = [fault, fault];
  expect(await source.query(READ)).toEqual([{ one: 1 }]);
  expect(calls).toBe(3);
});

test('a write that was throttled has not run, and is sent again', async () => {
  faults = ['throttled'];
  await source.query(WRITE);
  expect(calls).toBe(2);
});

test.each<ServiceFault>(['server error', 'bad gateway'])(
  'a write that met a %s may have run: it is not sent again, and the error says so',
  async (fault) => {
    faults = [fault];
    await expect(source.query(WRITE)).rejects.toMatchObject({
      name: 'SourceUnavailable',
      fields: { mayHaveRun: true },
    });
    expect(calls).toBe(1);
  },
);

test('idempotent work is done again, a transaction from its beginning, and an error of its own ends it', async () => {
  faults = ['bad gateway', 'server error'];
  await repeated(() => source.query(WRITE));
  expect(calls).toBe(3);
  // The beginning, the statement; then all of it.
  faults = [];
  let attempts = 0;
  await repeated(async () => {
    const transaction = await source.begin();
    attempts += 1;
    if (attempts === 1) faults = ['bad gateway'];
    try {
      await transaction.query(WRITE);
    } finally {
      await transaction.rollback();
    }
  });
  expect(attempts).toBe(2);
  let own = 0;
  await expect(
    repeated(() => {
      own += 1;
      return Promise.reject(new TypeError('a defect'));
    }),
  ).rejects.toThrow('a defect');
  expect(own).toBe(1);
});
