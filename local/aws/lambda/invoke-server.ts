import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import * as z from 'zod';
import { httpServer } from '../../process/free-port.ts';
import { ACCOUNT, REGION } from '../account.ts';
import type { Invoked } from './invocation.ts';
import type { LocalFunction } from './local-function.ts';

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
const MAX_EVENT_BYTES = 6 * 2 ** 20;

type Functions = ReadonlyMap<string, LocalFunction>;
type Run = (local: LocalFunction, event: unknown) => Promise<Invoked>;

/** Lambda's Invoke call over HTTP, for these functions by their names. */
export function createInvokeServer(functions: Functions, run: Run): Server {
  return httpServer((request, response) => {
    answer(functions, run, request, response).catch((error: unknown) => {
      console.error(error);
      refuse(response, 500, 'ServiceException', String(error));
    });
  });
}

async function answer(
  functions: Functions,
  run: Run,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const asked = PATH.exec(path)?.[1];
  if (request.method !== 'POST' || asked === undefined)
    return refuse(response, 404, 'UnknownOperationException', `${request.method} ${path}: only Invoke runs locally`);
  const name = nameOf(decodeURIComponent(asked));
  const local = functions.get(name);
  const body = await readBody(request);
  if (local === undefined)
    return refuse(
      response,
      404,
      'ResourceNotFoundException',
      `Function not found: arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
    );
  if (body.byteLength > MAX_EVENT_BYTES)
    return refuse(response, 413, 'RequestTooLargeException', `Request must be smaller than ${MAX_EVENT_BYTES} bytes`);
  let event: unknown;
  try {
    event = body.byteLength === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch (error) {
    return refuse(response, 400, 'InvalidRequestContentException', `Could not parse request body into json: ${error}`);
  }
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') {
    response.writeHead(204).end();
    return;
  }
  const running = run(local, event);
  if (type === 'Event') {
    response.writeHead(202).end();
    const late = await running;
    if (late.failed) logFailure(name, late);
    return;
  }
  const outcome = await running;
  if (outcome.failed) logFailure(name, outcome);
  response.writeHead(200, {
    'content-type': 'application/json',
    'x-amzn-requestid': outcome.requestId,
    'x-amz-executed-version': '$LATEST',
    ...(outcome.failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
  });
  response.end(outcome.payload);
}

/** One JSON line with the name of the error. Its message goes to the caller only: it may hold values of rows. */
function logFailure(name: string, { requestId, payload }: Invoked): void {
  const { errorType } = z.object({ errorType: z.string() }).parse(JSON.parse(payload));
  const entry = { level: 'ERROR', message: 'function failed', function: name, function_request_id: requestId };
  console.error(JSON.stringify({ ...entry, error: { name: errorType } }));
}

/** Callers name a function by its name, its ARN, or either with a version. */
function nameOf(asked: string): string {
  const last = asked.startsWith('arn:') ? (asked.split(':')[6] ?? '') : (asked.split(':')[0] ?? '');
  return last;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ Type: 'User', Message: message }));
}
