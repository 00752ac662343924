import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { randomOf } from '../../examples/campaigns/generator/random.ts';
import { closeServer, listen } from '../process/free-port.ts';
import { type ServiceFault, type Service, faultsOf, refusal } from './service-faults.ts';

/** A proxy in front of one service that breaks a share of its calls, until it is told to be quiet. */
export interface FaultProxy {
  readonly endpoint: string;
  /** Calls that were broken, by fault. */
  readonly struck: ReadonlyMap<ServiceFault, number>;
  quiet(): void;
  stop(): Promise<void>;
}

export async function startFaultProxy(options: {
  readonly service: Service;
  readonly target: string;
  /** Which calls break, and how, all from it. */
  readonly seed: number;
  /** Of calls, from 0 to 1. */
  readonly share: number;
  /** The one fault that is meant; any unless given. */
  readonly only?: ServiceFault;
}): Promise<FaultProxy> {
  const { service, target, share, only } = options;
  const random = randomOf(options.seed, `faults ${service}`);
  const struck = new Map<ServiceFault, number>();
  let quiet = false;
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    const operation = operationOf(service, incoming);
    const strikes = !quiet && random.chance(share);
    const [first, ...others] = faultsOf(service, operation).filter((kind) => only === undefined || kind === only);
    const fault = strikes && first !== undefined ? random.pick([first, ...others]) : null;
    if (fault !== null) struck.set(fault, (struck.get(fault) ?? 0) + 1);
    if (fault === 'slow') await pause(random.between(50, 600));
    const refused = fault === null ? null : refusal(service, fault, body);
    if (refused !== null) {
      outgoing.writeHead(refused.status, refused.headers).end(refused.body);
      return;
    }
    const real = await forward(target, incoming, body);
    // The request took effect, but the response is dropped.
    if (fault === 'answer lost') {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(real.status, real.headers).end(real.body);
  };
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  const endpoint = await listen(server, 0, `${service} with faults`);
  return {
    endpoint,
    struck,
    quiet: () => {
      quiet = true;
    },
    stop: () => closeServer(server),
  };
}

/** `X-Amz-Target: DynamoDB_20120810.PutItem`, `/Execute`, or the HTTP method. */
function operationOf(service: Service, { headers, url, method }: IncomingMessage): string {
  if (service === 'dynamodb') return String(headers['x-amz-target']).split('.').at(-1) ?? '';
  return service === 'data-api' ? (url ?? '').slice(1) : (method ?? '');
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function forward(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<{ readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const outgoing = send(new URL(url ?? '/', target), { method, headers }, (answer) => {
      bodyOf(answer).then(
        (whole) => resolve({ status: answer.statusCode ?? 500, headers: withoutFraming(answer.headers), body: whole }),
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The body goes on in one piece. */
function withoutFraming(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'transfer-encoding'));
}
