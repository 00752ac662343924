import { createRequire } from 'node:module';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** A call as it came in, and the way to write its answer; SDK and AWS CLI speak different protocols. */
export interface Call {
  readonly operation: string;
  readonly input: unknown;
  readonly headers: Readonly<Record<string, string>>;
  write(output: unknown): string | Uint8Array;
}

interface Cbor {
  readonly cbor: { deserialize(payload: Uint8Array): unknown; serialize(value: unknown): Uint8Array };
  dateToTag(date: Date): object;
}

/** Reads a call in AWS JSON 1.0 (the JavaScript SDK) or Smithy's RPC v2 with CBOR (the AWS CLI). */
export async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return parseCall(request, Buffer.concat(chunks));
}

/** The same for a body that was read already. */
export function parseCall(request: Pick<IncomingMessage, 'url' | 'headers'>, raw: Buffer): Call {
  // The SDK compresses bodies past 10 KB.
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
  const path = /^\/service\/[^/]+\/operation\/(\w+)$/.exec(request.url ?? '');
  if (path !== null) {
    const { cbor, dateToTag } = loadCbor();
    return {
      operation: path[1] ?? '',
      input: body.byteLength === 0 ? {} : cbor.deserialize(body),
      headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
      write: (output) => cbor.serialize(convertDates(output, dateToTag)),
    };
  }
  return {
    operation: String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '',
    input: body.byteLength === 0 ? {} : JSON.parse(body.toString('utf8')),
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    write: (output) => JSON.stringify(convertDates(output, (date) => date.getTime() / 1000)),
  };
}

/** The SDK's own CBOR, wherever npm has put it. */
function loadCbor(): Cbor {
  const sdk = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-cloudwatch/package.json'));
  const loaded: Cbor = sdk('@smithy/core/cbor');
  return loaded;
}

function convertDates(value: unknown, convert: (date: Date) => unknown): unknown {
  if (value instanceof Date) return convert(value);
  if (Array.isArray(value)) return value.map((one) => convertDates(one, convert));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, convertDates(one, convert)]));
}
