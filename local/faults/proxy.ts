import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { targetOf } from '../iam/call.ts';
import { closeServer, listen } from '../process/free-port.ts';
import type { Service } from '../stack/environment.ts';
import { createInjector } from './injector.ts';
import { faultAnswer, type ServiceFault } from './service-faults.ts';

/** A proxy in front of one service that breaks a share of its calls, until it is told to be quiet. */
export interface FaultProxy {
  readonly endpoint: string;
  /** Calls that were broken, by fault. */
  struck(): Readonly<Partial<Record<ServiceFault, number>>>;
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
  const injector = createInjector(options.seed);
  injector.set({ [service]: { share, ...(only === undefined ? {} : { kinds: [only] }) } });
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    const { method = 'GET', url = '/', headers } = incoming;
    const operation = targetOf({ method, url, headers, body });
    const { fault, slowMs } = injector.strike({ service, operation, byFunction: false }) ?? { fault: null, slowMs: 0 };
    if (slowMs > 0) await pause(slowMs);
    const broken = fault === null ? null : faultAnswer(service, fault, body);
    if (broken !== null) {
      outgoing.writeHead(broken.status, broken.headers).end(broken.body);
      return;
    }
    if (fault === 'dropped') {
      incoming.socket.destroy();
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
    struck: () => injector.struck()[service] ?? {},
    quiet: () => injector.set({}),
    stop: () => closeServer(server),
  };
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
