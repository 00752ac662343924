import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { connect } from '../../../local/engines/connect.ts';
import { startFaultProxy } from '../../../local/faults/proxy.ts';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { createTable } from '../../../src/adapters/dynamodb/table.ts';
import type { Item } from '../../../src/domain/item.ts';
import type { Intent, ItemQuery } from '../../../src/domain/ports/table.ts';
import { startFixture, type Fixture } from '../../client/fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
}, 120_000);
afterAll(() => fixture.stop());
beforeEach(() => fixture.clear());

const item = (n: number, version = 1, more: Item = {}): Item => ({
  PK: { S: 'P' },
  SK: { S: `S#${String(n).padStart(4, '0')}` },
  _v: { N: String(version) },
  _e: { S: 'USER' },
  _at: { S: '2026-01-01T00:00:00Z' },
  ...more,
});
const keyOf = (n: number) => ({ PK: 'P', SK: `S#${String(n).padStart(4, '0')}` });

test('insertAbsent writes what is absent and leaves what is present, whatever its version', async () => {
  await fixture.table.insertAbsent([item(1, 5)]);
  const outcomes = await fixture.table.insertAbsent(
    Array.from({ length: 60 }, (_, n) => item(n, 9, { note: { S: `it's "${n}"` } })),
  );
  expect(outcomes.filter((outcome) => outcome === 'present')).toHaveLength(1);
  expect(outcomes[1]).toBe('present');
  const [kept] = await fixture.table.get([keyOf(1)], { consistent: true });
  expect(kept).toEqual(item(1, 5));
});

test('putNewer answers what stands in the way', async () => {
  expect(await fixture.table.putNewer(item(1, 5))).toEqual({ kind: 'written' });
  expect(await fixture.table.putNewer(item(1, 5))).toEqual({ kind: 'refused', present: item(1, 5) });
  expect(await fixture.table.putNewer(item(1, 6))).toEqual({ kind: 'written' });
  expect(fixture.observed.sum('WriteUnits')).toBe(2);
});

test('putIfSeen writes only where version and writer are as seen', async () => {
  expect(await fixture.table.putIfSeen(item(1, 5), { version: null, txn: null })).toEqual({ kind: 'written' });
  expect(await fixture.table.putIfSeen(item(1, 6), { version: null, txn: null })).toMatchObject({ kind: 'refused' });
  expect(await fixture.table.putIfSeen(item(1, 6), { version: 5, txn: 't' })).toMatchObject({ kind: 'refused' });
  expect(await fixture.table.putIfSeen(item(1, 6, { _t: { S: 't' } }), { version: 5, txn: null })).toEqual({
    kind: 'written',
  });
  expect(await fixture.table.putIfSeen(item(1, 6), { version: 6, txn: 't' })).toEqual({ kind: 'written' });
});

test('transact writes all items and the intent, or none of them', async () => {
  const intent: Intent = {
    txn: 'u',
    generation: 1,
    xid: '7',
    at: 'now',
    writes: [{ relation: 'r', pk: ['1'], key: keyOf(1), seq: 3 }],
  };
  await fixture.table.putNewer(item(2, 9));
  const refused = await fixture.table.transact([item(1), item(2)], intent, 'token-1');
  expect(refused).toEqual({ kind: 'refused', present: [null, item(2, 9)] });
  expect(await fixture.intents.get('u')).toBeNull();
  expect(await fixture.table.transact([item(1), item(3)], intent, 'token-2')).toEqual({ kind: 'written' });
  expect(await fixture.intents.get('u')).toEqual(intent);
  expect(await fixture.intents.list()).toEqual([intent]);
  // The same request once more, as the SDK repeats it after a lost answer.
  expect(await fixture.table.transact([item(1), item(3)], intent, 'token-2')).toEqual({ kind: 'written' });
  await fixture.intents.delete('u');
  expect(await fixture.intents.list()).toEqual([]);
});

test('get takes any number of keys, query pages and hides tombstones', async () => {
  await fixture.table.insertAbsent(Array.from({ length: 130 }, (_, n) => item(n)));
  await fixture.table.putNewer({ ...item(3, 2), _d: { BOOL: true } });
  expect(
    await fixture.table.get(
      Array.from({ length: 140 }, (_, n) => keyOf(n)),
      { consistent: true },
    ),
  ).toHaveLength(130);
  const query: ItemQuery = {
    index: null,
    pk: 'P',
    sk: { prefix: 'S#' },
    order: 'asc',
    limit: 50,
    filter: null,
    after: null,
    consistent: false,
  };
  const seen: Item[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof fixture.table.query>> = await fixture.table.query({ ...query, after });
    seen.push(...page.items);
    after = page.next;
  } while (after !== null);
  expect(seen).toHaveLength(129);
  const range = await fixture.table.query({ ...query, sk: { from: 'S#0001', to: 'S#0004' }, order: 'desc' });
  expect(range.items.map(({ SK }) => SK)).toEqual([{ S: 'S#0004' }, { S: 'S#0002' }, { S: 'S#0001' }]);
});

test('RACE-8 what DynamoDB did not get to is asked for again, and none of it is dropped', async () => {
  // DynamoDB Local throttles nothing.
  const proxy = await startFaultProxy({
    service: 'DYNAMODB',
    target: fixture.facts.dynamoDb,
    seed: 1,
    share: 0.5,
    only: 'partly processed',
  });
  const broken = connect({ ...fixture.facts, dynamoDb: proxy.endpoint }, fixture.plan, fixture.observed);
  const items = Array.from({ length: 200 }, (_, n) => item(n));
  expect(new Set(await broken.table.insertAbsent(items))).toEqual(new Set(['inserted']));
  expect(await fixture.items()).toHaveLength(200);
  expect(
    await broken.table.get(
      items.map((_, n) => keyOf(n)),
      { consistent: true },
    ),
  ).toHaveLength(200);
  expect(proxy.struck()['partly processed']).toBeGreaterThan(1);
  await broken.close();
  await proxy.stop();
});

/** A table with 300 ms per request, at a server of the test's own. */
async function tableAt(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({ region: 'us-east-1', credentials: CREDENTIALS, endpoint });
  const table = createTable({
    client,
    tableName: 't',
    controlTableName: 'c',
    deadlineMs: 300,
    metrics: fixture.observed,
  });
  // Once the server has read whatever was sent to it.
  const close = async (): Promise<void> => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { client, table, close };
}

test('RACE-58 no request outlives its deadline, and none is sent after it', async () => {
  let requests = 0;
  const { table, close } = await tableAt(createServer(() => requests++));
  const start = performance.now();
  await expect(table.putNewer(item(1))).rejects.toMatchObject({ name: 'DeadlineExceeded', retryable: true });
  await expect(table.transact([item(1)], null, 'token')).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  expect(performance.now() - start).toBeLessThan(5_000);
  expect(requests).toBe(2);
  await close();
});

test('RACE-58 a process that stood still past the deadline sends nothing any more', async () => {
  const answering = createServer((request, answer) => {
    request.resume();
    answer.setHeader('content-type', 'application/x-amz-json-1.0').end('{}');
  });
  const { client, table, close } = await tableAt(answering);
  let sent = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      sent++;
      return next(args);
    },
    { step: 'deserialize', priority: 'low' },
  );
  expect(await table.putNewer(item(1))).toEqual({ kind: 'written' });
  client.middlewareStack.add(
    (next) => (args) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await expect(table.putNewer(item(1))).rejects.toMatchObject({ name: 'DeadlineExceeded' });
  expect(sent).toBe(1);
  await close();
});
