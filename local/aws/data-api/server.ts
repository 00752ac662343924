import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import type { Part } from '../../process/part.ts';
import { closeServer, httpServer, listen } from '../../process/free-port.ts';
import type { Clusters } from './clusters.ts';
import { badRequest, translate } from './errors.ts';
import { BatchExecuteRequest, BeginTransactionRequest, EndTransactionRequest, ExecuteRequest } from './request.ts';
import { AWS_LIMITS, type DataApiLimits, DataApiService } from './service.ts';

export interface DataApiOptions {
  readonly clusters: Clusters;
  /** A free one unless given. */
  readonly port?: number;
  /** AWS's unless given. */
  readonly limits?: Partial<DataApiLimits>;
}

/** Room for the largest batch; AWS stops at 4 MiB too. */
const REQUEST_BYTES = 4 * 1024 * 1024;

type DataApiOperation = (body: unknown) => Promise<string>;

/** Starts an RDS Data API on 127.0.0.1, reached by AWS's SDK clients through AWS_ENDPOINT_URL_RDS_DATA. */
export async function startDataApi(options: DataApiOptions): Promise<Part> {
  const service = new DataApiService(options.clusters, { ...AWS_LIMITS, ...options.limits });
  const operations: Readonly<Record<string, DataApiOperation>> = {
    '/Execute': (body) => service.execute(parse(ExecuteRequest, body)),
    '/BatchExecute': (body) => service.batchExecute(parse(BatchExecuteRequest, body)),
    '/BeginTransaction': (body) => service.begin(parse(BeginTransactionRequest, body)),
    '/CommitTransaction': (body) => service.commit(parse(EndTransactionRequest, body)),
    '/RollbackTransaction': (body) => service.rollback(parse(EndTransactionRequest, body)),
  };
  const server = httpServer((request, response) => void answer(operations, request, response));
  const endpoint = await listen(server, options.port ?? 0, 'Data API');
  return {
    name: 'data-api',
    endpoint,
    stop: async () => {
      await closeServer(server);
      await service.close();
    },
  };
}

async function answer(
  operations: Readonly<Record<string, DataApiOperation>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('content-type', 'application/json');
  response.setHeader('x-amzn-requestid', randomUUID());
  try {
    const operation = operations[request.url ?? ''];
    if (request.method !== 'POST' || operation === undefined) {
      response.writeHead(404, { 'x-amzn-errortype': 'UnknownOperationException' }).end('{}');
      return;
    }
    response.end(await operation(await readJson(request)));
  } catch (error) {
    const { name, status, message, details } = translate(error);
    response.writeHead(status, { 'x-amzn-errortype': name }).end(JSON.stringify({ message, ...details }));
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > REQUEST_BYTES) throw badRequest('The request is larger than 4 MiB');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw badRequest('The request body is not JSON');
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw badRequest(z.prettifyError(parsed.error).replaceAll('\n', ' '));
}
