import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient, InternalServerError, ThrottlingException } from '@aws-sdk/client-dynamodb';
import { RDSClient } from '@aws-sdk/client-rds';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type ServerResponse } from 'node:http';
import { closeServer, listen } from '../../../local/process/free-port.ts';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { createMetricReader } from '../../../src/adapters/cloudwatch/metric-reader.ts';
import { createMetrics } from '../../../src/adapters/cloudwatch/metrics.ts';
import { createUserPool } from '../../../src/adapters/cognito/user-pool.ts';
import { createControlTable } from '../../../src/adapters/control/control-table.ts';
import { createExpirySwitch } from '../../../src/adapters/dynamodb/expiry.ts';
import { createIntents } from '../../../src/adapters/dynamodb/intents.ts';
import { createTable } from '../../../src/adapters/dynamodb/table.ts';
import { createNotify } from '../../../src/adapters/notify/notify.ts';
import { createDataApiSource } from '../../../src/adapters/postgres/connection/data-api.ts';
import { createClusters } from '../../../src/adapters/rds/clusters.ts';
import { createBodies } from '../../../src/adapters/s3/bodies.ts';
import { createDocuments } from '../../../src/adapters/s3/documents.ts';
import { translated } from '../../../src/adapters/sdk/translated.ts';
import { createExecutions } from '../../../src/adapters/states/executions.ts';
import { createRollback } from '../../../src/adapters/states/rollback.ts';

async function refused(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (caught) {
    return caught;
  }
}

function thrown(error: Error): Promise<unknown> {
  return refused(() =>
    translated('DynamoDB', 'Query', async () => {
      throw error;
    }),
  );
}

test('what may pass is retryable by name, and a defect stays what it is', async () => {
  const $metadata = {};
  expect(await thrown(new ThrottlingException({ message: 'slower', $metadata }))).toMatchObject({
    name: 'Throttled',
    retryable: true,
  });
  for (const error of [
    new InternalServerError({ message: 'try again', $metadata }),
    Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  ])
    expect(await thrown(error)).toMatchObject({
      name: 'TargetUnavailable',
      retryable: true,
      fields: { operation: 'Query' },
    });
  const own = new TypeError('a defect');
  expect(await thrown(own)).toBe(own);
});

/** How the server answers every call, as a service would by its protocol. */
let answer: { readonly status: number; readonly code: string } | 'drop' = 'drop';
let endpoint = '';
const server = createServer((request, response: ServerResponse) => {
  request.resume();
  if (answer === 'drop') {
    request.socket.destroy();
    return;
  }
  const { status, code } = answer;
  const isXml = request.headers['x-amz-target'] === undefined && !/^\/(Execute|Begin)/.test(request.url ?? '');
  const isS3 = !String(request.headers['content-type'] ?? '').includes('urlencoded');
  const error = `<Error><Code>${code}</Code><Message>injected</Message></Error>`;
  const xml = isS3 ? error : `<ErrorResponse>${error}</ErrorResponse>`;
  response.writeHead(status, {
    'content-type': isXml ? 'application/xml' : 'application/x-amz-json-1.0',
    'x-amzn-errortype': code,
  });
  response.end(isXml ? xml : JSON.stringify({ __type: code, message: 'injected' }));
});
beforeAll(async () => {
  endpoint = await listen(server, 0, 'a failing service');
});
afterAll(() => closeServer(server));

/** One call of every adapter, each to the failing server. */
function calls(): Readonly<Record<string, () => Promise<unknown>>> {
  const config = { region: 'us-east-1', credentials: CREDENTIALS, endpoint, maxAttempts: 1 };
  const dynamo = new DynamoDBClient(config);
  const control = createControlTable({ client: DynamoDBDocumentClient.from(dynamo), tableName: 'control' });
  const s3 = { client: new S3Client({ ...config, forcePathStyle: true }), bucket: 'bodies' };
  const states = {
    client: new SFNClient(config),
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:x',
  };
  const cloudwatch = { client: new CloudWatchClient(config), namespace: 'Portage' };
  const clusters = createClusters({ client: new RDSClient(config) });
  const pool = createUserPool({ client: new CognitoIdentityProviderClient(config), userPoolId: 'us-east-1_x' });
  const metrics = createMetrics(cloudwatch);
  const tables = {
    client: dynamo,
    tableName: 'items',
    controlTableName: 'control',
    deadlineMs: 2_000,
    metrics,
  };
  const from = { mode: 'off', readPercent: 0, epoch: 1, generation: 0, stoppedFrom: null, mappingRevision: 0 } as const;
  const sql = createDataApiSource({
    client: new RDSDataClient(config),
    resourceArn: 'arn:cluster',
    secretArn: 'arn:secret',
    database: 'app',
  });
  return {
    'control: mode': () => control.mode(),
    'control: move': () => control.move(from, { ...from, mode: 'capture' }),
    'control: facts': () => control.facts(1),
    'control: read': () => control.read('LOCK', 'lock'),
    'control: write': () => control.write('LOCK', 'lock', {}, 'any'),
    'control: list': () => control.list('LOCK'),
    'control: remove': () => control.remove('LOCK', 'lock'),
    'DynamoDB: query': () => createIntents(tables).list(),
    'DynamoDB: get': () => createTable(tables).get([{ PK: 'a', SK: 'b' }], { consistent: true }),
    'DynamoDB: expiry': () => createExpirySwitch(tables).enable('ttl'),
    'S3: put': () => createDocuments(s3).write('a', 'b'),
    'S3: get': () => createDocuments(s3).read('a'),
    'S3: list': () => createBodies(s3).list('0', null),
    'Cognito: describe': () => pool.trigger(),
    'Cognito: create': () => pool.create({ username: 'a', attributes: { email: 'a@x.org' } }),
    'Cognito: has': () => pool.has('a'),
    'CloudWatch: read': () =>
      createMetricReader(cloudwatch).read(
        [{ name: 'a', statistic: 'Sum', dimensions: {} }],
        new Date(0),
        new Date(60_000),
      ),
    'CloudWatch: write': () => {
      metrics.count('a', 1);
      return metrics.flush();
    },
    'RDS: describe': () => clusters.cluster('a'),
    'RDS: snapshot': () => clusters.createSnapshot('a', 'b'),
    'RDS: secret': () => clusters.manageSecret('a'),
    'RDS: endpoint': () => clusters.enableHttpEndpoint('arn'),
    'RDS: delete': () => clusters.deleteCluster('a', null),
    'SNS: publish': () =>
      createNotify({ client: new SNSClient(config), topicArn: 'arn:aws:sns:us-east-1:000000000000:t' }).send('a', 'b'),
    'Step Functions: running': () => createExecutions(states).running('arn'),
    'Step Functions: stop': () => createExecutions(states).stop('arn', 'because'),
    'Step Functions: answer': () => createExecutions(states).fail('token', 'GateRejected', 'because'),
    'Step Functions: start': () => createRollback(states).start('name', { reason: 'a', error: 'b' }),
    'the RDS Data API: write': () => sql.query('INSERT INTO t VALUES (1)'),
  };
}

const PASSING = ['Throttled', 'DeadlineExceeded', 'TargetUnavailable', 'SourceUnavailable', 'ServiceUnavailable'];

describe.each(Object.keys(calls()))('%s', (name) => {
  const call = () => refused(() => calls()[name]?.() ?? Promise.resolve());

  test('retryable: throttled, failed, dropped', async () => {
    for (const [status, code] of [
      [400, 'ThrottlingException'],
      [500, 'InternalServerErrorException'],
      [503, 'ServiceUnavailable'],
    ] as const) {
      // The Data API's adapter waits and asks again where it is throttled; `connection/retry.ts` has tests of its own.
      if (name.includes('Data API') && code === 'ThrottlingException') continue;
      answer = { status, code };
      const error = await call();
      expect(error).toMatchObject({ retryable: true });
      expect(PASSING).toContain(error instanceof Error ? error.name : error);
    }
    answer = 'drop';
    const error = await call();
    expect(PASSING).toContain(error instanceof Error ? error.name : error);
  });

  test('terminal: denied by its name, refused with the name that the service gave', async () => {
    answer = { status: 400, code: 'AccessDeniedException' };
    expect(await call()).toMatchObject({ name: 'AccessDenied', retryable: false });
    answer = { status: 400, code: 'SomethingInvalid' };
    expect(await call()).toMatchObject({
      name: 'ServiceRefused',
      retryable: false,
      fields: { error: 'SomethingInvalid', message: 'injected' },
    });
  });
});
