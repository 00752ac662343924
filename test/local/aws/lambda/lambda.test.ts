import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { codeFile } from '../../../../local/aws/lambda/code-file.ts';
import { type Lambda, startLambda } from '../../../../local/aws/lambda/lambda.ts';
import type { LocalFunction } from '../../../../local/aws/lambda/local-function.ts';
import { runtimeEnvironment } from '../../../../local/aws/lambda/runtime-environment.ts';
import { CREDENTIALS } from '../../../../local/process/credentials.ts';

const handlers = fileURLToPath(new URL('handlers', import.meta.url));
const told = {
  name: 'portage-greet',
  version: '$LATEST',
  bundle: handlers,
  handler: 'greet.handler',
  memoryMb: 128,
  logGroup: '/aws/lambda/portage-greet',
  environment: { PORTAGE_BUCKET: 'bodies' },
};

let root: string;
let lambda: Lambda;

function local(name: string, more: Partial<LocalFunction> = {}): LocalFunction {
  return {
    name: `portage-${name}`,
    arn: `arn:aws:lambda:us-east-1:000000000000:function:portage-${name}`,
    version: '$LATEST',
    aliases: [],
    ...codeFile(handlers, `${name}.handler`),
    environment: runtimeEnvironment(told, CREDENTIALS, { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' }),
    timeoutSeconds: 60,
    memoryMb: 128,
    logGroup: `/aws/lambda/portage-${name}`,
    ...more,
  };
}

/** A bundle of plain JavaScript. */
function bundle(name: string, code: string): LocalFunction {
  const file = join(root, `${name}.mjs`);
  writeFileSync(file, code);
  return local('greet', { name: `portage-${name}`, file: pathToFileURL(file).href });
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-lambda-'));
  const marker = join(root, 'marker');
  lambda = await startLambda({
    functions: [
      local('greet'),
      local('fail'),
      local('hang', { timeoutSeconds: 0.5 }),
      local('greet', { name: 'portage-nameless', exported: 'nothing' }),
      bundle('broken', 'import r from "nowhere-at-all"; export const handler = () => r;'),
      bundle('clash', 'import { createRequire as r } from "node:module"; const r = 1; export const handler = () => r;'),
      bundle('leaver', 'export const handler = () => { process.exit(3); };'),
      bundle('rejecter', 'export const handler = () => new Promise(() => { Promise.reject(new TypeError("late")); });'),
      bundle(
        'hoarder',
        'export const handler = () => { const all = []; for (;;) all.push(new Array(10_000).fill(all.length)); };',
      ),
      bundle('large', 'export const handler = () => "x".repeat(7_000_000);'),
      bundle(
        'counted',
        'let runs = 0; export const handler = (_, c) => ["new", c.functionVersion, c.invokedFunctionArn, ++runs];',
      ),
      {
        ...bundle(
          'before',
          'let runs = 0; export const handler = (_, c) => ["old", c.functionVersion, c.invokedFunctionArn, ++runs];',
        ),
        name: 'portage-counted',
        version: '7',
        aliases: ['live'],
      },
      {
        ...bundle(
          'slow',
          `import { appendFileSync } from 'node:fs';
           export const handler = () => new Promise(() => setInterval(() => appendFileSync(${JSON.stringify(marker)}, '.'), 50));`,
        ),
        timeoutSeconds: 1,
      },
      bundle(
        'pair',
        `let waiting = 0;
         export const handler = async ({ until }) => {
           waiting += 1;
           const atOnce = waiting;
           await new Promise((resolve) => setTimeout(resolve, until));
           waiting -= 1;
           return atOnce;
         };`,
      ),
    ],
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
  host = lambda,
): Promise<{ status: number; error: string | null; payload: unknown }> {
  const response = await fetch(`${host.endpoint}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, {
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

test('a function gets its event and its context, and is kept warm', async () => {
  const first = await invoke('portage-greet', '{"a":1}');
  expect(first).toMatchObject({
    status: 200,
    error: null,
    payload: { event: { a: 1 }, name: 'portage-greet', bucket: 'bodies', runs: 1 },
  });
  expect(first.payload).toHaveProperty('left', expect.any(Number));
  const second = await invoke('arn:aws:lambda:us-east-1:000000000000:function:portage-greet', '');
  expect(second.payload).toMatchObject({ event: {}, runs: 2 });
});

test("a function's environment is its own and the runtime's, and nothing of this process", async () => {
  const { payload } = await invoke('portage-greet', '{}');
  expect(payload).toHaveProperty('environment', [
    'AWS_ACCESS_KEY_ID',
    'AWS_DEFAULT_REGION',
    'AWS_EC2_METADATA_DISABLED',
    'AWS_ENDPOINT_URL_S3',
    'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
    'AWS_LAMBDA_FUNCTION_NAME',
    'AWS_LAMBDA_FUNCTION_VERSION',
    'AWS_LAMBDA_LOG_GROUP_NAME',
    'AWS_LAMBDA_LOG_STREAM_NAME',
    'AWS_REGION',
    'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED',
    'AWS_SECRET_ACCESS_KEY',
    'LAMBDA_TASK_ROOT',
    'PORTAGE_BUCKET',
    'TZ',
    '_HANDLER',
  ]);
});

test('an instance runs one event at a time, and more events start more instances', async () => {
  const both = await Promise.all([invoke('portage-pair', '{"until":300}'), invoke('portage-pair', '{"until":300}')]);
  expect(both.map(({ payload }) => payload)).toEqual([1, 1]);
});

test('beyond the number of idle instances the one that was used longest ago is ended', async () => {
  const few = await startLambda({
    functions: ['one', 'two', 'three'].map((name) => local('greet', { name })),
    maxIdle: 2,
    logFile: join(root, 'few.log'),
  });
  const runs = async (name: string): Promise<unknown> => (await invoke(name, '{}', 'RequestResponse', few)).payload;
  try {
    for (const name of ['one', 'two', 'one', 'three']) await runs(name);
    expect(await runs('one')).toHaveProperty('runs', 3);
    expect(await runs('two')).toHaveProperty('runs', 1);
  } finally {
    await few.stop();
  }
});

test('a thrown error is answered as Lambda answers it', async () => {
  expect(await invoke('portage-fail', '{}')).toMatchObject({
    status: 200,
    error: 'Unhandled',
    payload: { errorType: 'Overloaded', errorMessage: 'too many', trace: expect.arrayContaining([]) },
  });
});

test('a run past its timeout is answered with an error, and ended with all that it does', async () => {
  expect(await invoke('portage-hang', '{}')).toMatchObject({
    error: 'Unhandled',
    payload: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('timed out after 0.50 seconds') },
  });
  expect(await invoke('portage-slow', '{}')).toMatchObject({ payload: { errorType: 'Sandbox.Timedout' } });
  const marker = join(root, 'marker');
  expect(existsSync(marker)).toBe(true);
  // The next instance of another function starts later than several beats of the ended one would have come.
  await invoke('portage-pair', '{"until":300}');
  const before = readFileSync(marker, 'utf8').length;
  await invoke('portage-pair', '{"until":300}');
  expect(readFileSync(marker, 'utf8').length).toBe(before);
});

test.each([
  ['broken', 'Runtime.ImportModuleError', 'nowhere-at-all'],
  ['clash', 'Runtime.UserCodeSyntaxError', "Identifier 'r' has already been declared"],
  ['nameless', 'Runtime.HandlerNotFound', 'exports no function nothing'],
  ['leaver', 'Runtime.ExitError', 'exit status 3'],
  ['rejecter', 'TypeError', 'late'],
  ['hoarder', 'Runtime.ExitError', 'memory'],
  ['large', 'Function.ResponseSizeTooLarge', 'exceeded maximum allowed payload size'],
])(
  'a %s function fails with %s and takes no other with it',
  async (name, errorType, message) => {
    expect(await invoke(`portage-${name}`, '{}')).toMatchObject({
      error: 'Unhandled',
      payload: { errorType, errorMessage: expect.stringContaining(message) },
    });
    expect((await invoke('portage-greet', '{}')).status).toBe(200);
  },
  60_000,
);

test('an event call is accepted without waiting for the run', async () => {
  expect(await invoke('portage-hang', '{}', 'Event')).toEqual({ status: 202, error: null, payload: null });
});

test('an unknown function and a bad event are refused by name', async () => {
  expect(await invoke('portage-nobody', '{}')).toMatchObject({ status: 404, error: 'ResourceNotFoundException' });
  expect(await invoke('portage-greet', '{')).toMatchObject({ status: 400, error: 'InvalidRequestContentException' });
});

test('a version runs its own code in instances of its own, whether it is named by its number or by an alias', async () => {
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:portage-counted';
  expect(await invoke('portage-counted', '{}')).toMatchObject({ payload: ['new', '$LATEST', arn, 1] });
  expect(await invoke(`${arn}:$LATEST`, '{}')).toMatchObject({ payload: ['new', '$LATEST', `${arn}:$LATEST`, 2] });
  expect(await invoke(`${arn}:7`, '{}')).toMatchObject({ payload: ['old', '7', `${arn}:7`, 1] });
  expect(await invoke('portage-counted:live', '{}')).toMatchObject({ payload: ['old', '7', `${arn}:live`, 2] });
  const response = await fetch(`${lambda.endpoint}/2015-03-31/functions/portage-counted/invocations?Qualifier=7`, {
    method: 'POST',
  });
  expect(await response.json()).toEqual(['old', '7', `${arn}:7`, 3]);
  expect(response.headers.get('x-amz-executed-version')).toBe('7');
});

test('an unknown version or alias is refused with its ARN, and a qualifier that contradicts the name is refused', async () => {
  for (const qualifier of ['8', 'dead'])
    expect(await invoke(`portage-counted:${qualifier}`, '{}')).toMatchObject({
      status: 404,
      error: 'ResourceNotFoundException',
      payload: {
        Message: `Function not found: arn:aws:lambda:us-east-1:000000000000:function:portage-counted:${qualifier}`,
      },
    });
  const response = await fetch(`${lambda.endpoint}/2015-03-31/functions/portage-counted:7/invocations?Qualifier=live`, {
    method: 'POST',
  });
  expect(response.status).toBe(400);
  expect(response.headers.get('x-amzn-errortype')).toBe('InvalidParameterValueException');
});

test('a handler whose module is not in the bundle is refused before anything starts', () => {
  expect(() => codeFile(handlers, 'nobody.handler')).toThrow(/has no module nobody for the handler nobody\.handler/);
});
