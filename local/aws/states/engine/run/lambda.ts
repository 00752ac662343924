import { request } from 'node:http';
import { StateFailure } from '../../model/failure.ts';
import { isObject, parseJson, type Json } from '../../model/json.ts';

export interface Invocation {
  readonly functionName: string;
  readonly qualifier?: string | undefined;
  readonly payload: Json;
}

export interface InvocationResult {
  readonly StatusCode: number;
  readonly Payload: Json;
  readonly ExecutedVersion: string;
}

/** Invokes a function and waits for its answer; fails with the error that the function or the service named. */
export type InvokeFunction = (invocation: Invocation, signal: AbortSignal) => Promise<InvocationResult>;

interface Reply {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

/** Speaks Lambda's Invoke API over HTTP. Without a connection kept alive: a stale one would fail a task for nothing. */
export function createInvoker(endpoint: string): InvokeFunction {
  return async ({ functionName, qualifier, payload }, signal) => {
    const url = new URL(`/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`, endpoint);
    if (qualifier !== undefined) url.searchParams.set('Qualifier', qualifier);
    const reply = await post(url, JSON.stringify(payload), signal);
    if (reply.status >= 300) throw serviceFailure(reply);
    const result = body(reply.body);
    if (reply.header('x-amz-function-error') !== undefined) throw functionFailure(result, reply.body);
    const version = reply.header('x-amz-executed-version') ?? '$LATEST';
    return { StatusCode: reply.status, Payload: result, ExecutedVersion: version };
  };
}

function post(url: URL, payload: string, signal: AbortSignal): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const lost = (error: Error): void => {
      reject(signal.aborted ? signal.reason : new StateFailure('Lambda.SdkClientException', error.message));
    };
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
    const call = request(url, { method: 'POST', headers, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', lost);
      response.on('end', () => {
        const header = (name: string): string | undefined => {
          const value = response.headers[name];
          return Array.isArray(value) ? value[0] : value;
        };
        resolve({ status: response.statusCode ?? 500, header, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    call.on('error', lost);
    call.end(payload);
  });
}

function body(text: string): Json {
  try {
    return text === '' ? null : parseJson(text);
  } catch {
    return text;
  }
}

function functionFailure(result: Json, text: string): StateFailure {
  const type = isObject(result) ? result['errorType'] : undefined;
  return new StateFailure(typeof type === 'string' && type !== '' ? type : 'Lambda.Unknown', text);
}

function serviceFailure(reply: Reply): StateFailure {
  const result = body(reply.body);
  const type = isObject(result) ? (result['__type'] ?? result['Type']) : undefined;
  const named = reply.header('x-amzn-errortype') ?? (typeof type === 'string' ? type : undefined);
  const code = named?.split(':')[0]?.split('#').at(-1) ?? (reply.status >= 500 ? 'ServiceException' : 'Unknown');
  const message = isObject(result) ? (result['Message'] ?? result['message']) : undefined;
  return new StateFailure(`Lambda.${code}`, typeof message === 'string' ? message : reply.body);
}
