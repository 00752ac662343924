import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Lambda, startLambda } from '../../../../local/aws/lambda/lambda.ts';

let root: string;
let lambda: Lambda;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-lambda-'));
  lambda = await startLambda({
    handlers: fileURLToPath(new URL('handlers', import.meta.url)),
    functions: [
      { name: 'greet', timeoutSeconds: 60, memoryMb: 128 },
      { name: 'fail', timeoutSeconds: 60, memoryMb: 128 },
      { name: 'hang', timeoutSeconds: 0.2, memoryMb: 128 },
      { name: 'missing', timeoutSeconds: 60, memoryMb: 128 },
    ],
    env: { PORTAGE_BUCKET: 'bodies' },
    logFile: join(root, 'lambda.log'),
  });
});
afterAll(async () => {
  await lambda.stop();
  rmSync(root, { recursive: true, force: true });
});

async function invoke(
  name: string,
  body: string,
  type = 'RequestResponse',
  endpoint = lambda.endpoint,
): Promise<{ status: number; error: string | null; payload: unknown }> {
  const response = await fetch(`${endpoint}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, {
    method: 'POST',
    body,
    headers: { 'x-amz-invocation-type': type },
  });
  const text = await response.text();
  return {
    status: response.status,
    error: response.headers.get('x-amz-function-error') ?? response.headers.get('x-amzn-errortype'),
    payload: text === '' ? null : JSON.parse(text),
  };
}

test('a function gets its event, its context and the environment, and is kept warm', async () => {
  const first = await invoke('portage-greet', '{"a":1}');
  expect(first).toMatchObject({
    status: 200,
    error: null,
    payload: { event: { a: 1 }, name: 'portage-greet', bucket: 'bodies' },
  });
  expect(first.payload).toHaveProperty('left', expect.any(Number));
  const second = await invoke('arn:aws:lambda:us-east-1:000000000000:function:portage-greet', '');
  expect(second.payload).toMatchObject({ event: {}, runs: 2 });
});

test('a thrown error is answered as Lambda answers it', async () => {
  expect(await invoke('portage-fail', '{}')).toMatchObject({
    status: 200,
    error: 'Unhandled',
    payload: { errorType: 'Overloaded', errorMessage: 'too many', trace: expect.arrayContaining([]) },
  });
});

test('a run past its timeout is answered with an error', async () => {
  expect(await invoke('portage-hang', '{}')).toMatchObject({
    error: 'Unhandled',
    payload: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('timed out after 0.20 seconds') },
  });
});

test('an event call is accepted without waiting for the run', async () => {
  expect(await invoke('portage-hang', '{}', 'Event')).toEqual({ status: 202, error: null, payload: null });
});

test('an unknown function and a bad event are refused by name', async () => {
  expect(await invoke('portage-nobody', '{}')).toMatchObject({ status: 404, error: 'ResourceNotFoundException' });
  expect(await invoke('portage-greet', '{')).toMatchObject({ status: 400, error: 'InvalidRequestContentException' });
});

test('a manifest entry without a handler file fails the call, not the host', async () => {
  const { payload } = await invoke('portage-missing', '{}');
  expect(payload).toMatchObject({ errorMessage: expect.stringContaining('missing.ts') });
  expect((await invoke('portage-greet', '{}')).status).toBe(200);
});

test('two hosts share the calls', async () => {
  const pair = await startLambda({
    handlers: fileURLToPath(new URL('handlers', import.meta.url)),
    functions: [{ name: 'greet', timeoutSeconds: 60, memoryMb: 128 }],
    env: {},
    logFile: join(root, 'pair.log'),
    hosts: 2,
  });
  const runs = [];
  for (let call = 0; call < 4; call++)
    runs.push((await invoke('portage-greet', '{}', 'RequestResponse', pair.endpoint)).payload);
  expect(runs).toMatchObject([{ runs: 1 }, { runs: 1 }, { runs: 2 }, { runs: 2 }]);
  await pair.stop();
});
