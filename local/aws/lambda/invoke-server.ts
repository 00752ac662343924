import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import * as z from 'zod';
import { httpServer } from '../../process/free-port.ts';
import { functionReference } from './function-reference.ts';
import type { Invoked } from './invocation.ts';
import type { LocalFunction } from './local-function.ts';

const PATH = /^\/2015-03-31\/functions\/[^/]+\/invocations$/;
const MAX_EVENT_BYTES = 6 * 2 ** 20;
const LATEST = '$LATEST';
const CONTRADICTION = 'The derived qualifier from the function name does not match the specified qualifier.';

/** The functions by their names with a version or an alias. */
type Functions = ReadonlyMap<string, LocalFunction>;
type Run = (local: LocalFunction, invokedArn: string, event: unknown) => Promise<Invoked>;

/** Lambda's Invoke call over HTTP, for these versions of functions. */
export function createInvokeServer(versions: readonly LocalFunction[], run: Run): Server {
  const functions = new Map(
    versions.flatMap((local) =>
      [local.version, ...local.aliases].map((qualifier) => [`${local.name}:${qualifier}`, local] as const),
    ),
  );
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
  const url = request.url ?? '/';
  const path = new URL(url, 'http://localhost').pathname;
  if (request.method !== 'POST' || !PATH.test(path))
    return refuse(response, 404, 'UnknownOperationException', `${request.method} ${path}: only Invoke runs locally`);
  const asked = functionReference(url);
  const local = functions.get(`${asked.name}:${asked.qualifier ?? LATEST}`);
  const body = await readBody(request);
  if (asked.contradicts) return refuse(response, 400, 'InvalidParameterValueException', CONTRADICTION);
  if (local === undefined)
    return refuse(response, 404, 'ResourceNotFoundException', `Function not found: ${asked.arn}`);
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
  const running = run(local, asked.arn, event);
  if (type === 'Event') {
    response.writeHead(202).end();
    const late = await running;
    if (late.failed) logFailure(local, late);
    return;
  }
  const outcome = await running;
  if (outcome.failed) logFailure(local, outcome);
  response.writeHead(200, {
    'content-type': 'application/json',
    'x-amzn-requestid': outcome.requestId,
    'x-amz-executed-version': local.version,
    ...(outcome.failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
  });
  response.end(outcome.payload);
}

/** One JSON line with the name of the error. Its message goes to the caller only: it may hold values of rows. */
function logFailure({ name, version }: LocalFunction, { requestId, payload }: Invoked): void {
  const { errorType } = z.object({ errorType: z.string() }).parse(JSON.parse(payload));
  const entry = { level: 'ERROR', message: 'function failed', function: name, version, function_request_id: requestId };
  console.error(JSON.stringify({ ...entry, error: { name: errorType } }));
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
