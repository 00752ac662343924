import { Agent, type IncomingMessage, request as send, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import type { Answer } from '../aws/answer.ts';
import { sendMetrics } from '../aws/cloudwatch/send-metrics.ts';
import { throttleMetrics, throttlingReason, type ThrottlingReason } from '../aws/dynamodb/throttling.ts';
import { createFaultControl } from '../faults/control.ts';
import { createInjector, faultSettings, type Injector } from '../faults/injector.ts';
import { faultAnswer, type ServiceFault } from '../faults/service-faults.ts';
import type { StartChild } from '../process/child-context.ts';
import { CREDENTIALS } from '../process/credentials.ts';
import { closeServer, httpServer, listen } from '../process/free-port.ts';
import { type Authorise, createAuthoriser } from './authorise.ts';
import { targetOf, type WireRequest } from './call.ts';
import { listCall } from './calls/s3.ts';
import { createGrantUse } from './grant-use.ts';
import { type Principal, principalSchema } from './principals.ts';
import { denied, unknownCaller } from './refusal.ts';
import { type Service, SERVICES } from '../stack/environment.ts';
import { type ServiceRules, serviceRules } from './services.ts';

const gatewayOptions = z.object({
  principals: z.array(principalSchema),
  /** Where each service answers itself, and the port at which the gateway stands for it. */
  services: z.array(z.object({ service: z.enum(SERVICES), target: z.string(), port: z.number() })),
  /** The port at which Step Functions, whose rights its engine checks, reaches Lambda; none unless given. */
  machinesPort: z.number().optional(),
  /** Which calls break, from a seed, and the port at which that is changed; none break unless given. */
  faults: z.object({ seed: z.number(), port: z.number(), settings: faultSettings }).optional(),
  /** Where DynamoDB's throttles are measured; nowhere unless given. */
  metricsEndpoint: z.string().optional(),
  /** ARNs of the keys that encrypt topics, tables and buckets, by their ARNs. */
  keys: z.record(z.string(), z.string()),
  /** File that used grants are appended to. */
  useFile: z.string().nullable(),
});

export type GatewayOptions = z.input<typeof gatewayOptions>;

export interface Gateway {
  readonly endpoints: Readonly<Partial<Record<Service, string>>>;
  stop(): Promise<void>;
}

/** Stands in front of the services and refuses what the caller's policies do not allow. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { principals, services, machinesPort, metricsEndpoint, keys, useFile, faults } = gatewayOptions.parse(options);
  const rules = serviceRules((resource) => keys[resource] ?? null);
  const authorise = createAuthoriser(createGrantUse(useFile));
  const byKey = new Map(principals.map((principal) => [principal.accessKeyId, principal]));
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const injector = createInjector(faults?.seed ?? 0);
  injector.set(faults?.settings ?? {});
  const control = faults === undefined ? null : createFaultControl(injector);
  if (control !== null) await listen(control, faults?.port ?? 0, 'faults');
  const lambda = services.find(({ service }) => service === 'LAMBDA');
  const places = [
    ...services.map((place) => ({ ...place, rules: rules[place.service], machines: false })),
    ...(lambda === undefined || machinesPort === undefined
      ? []
      : [
          { ...lambda, port: machinesPort, rules: { ...rules.LAMBDA, calls: () => 'public' as const }, machines: true },
        ]),
  ];
  const started = await Promise.all(
    places.map(async ({ service, target, port, rules: serviceRule, machines }) => {
      const guard: Guard = { service, rules: serviceRule, machines, authorise, byKey, injector, metricsEndpoint };
      const { hostname, port: targetPort } = new URL(target);
      const upstream = { hostname, port: Number(targetPort), agent };
      const server = httpServer((incoming, outgoing) => {
        pass(guard, upstream, incoming, outgoing).catch(() => outgoing.destroy());
      });
      return { service, server, machines, endpoint: await listen(server, port, service) };
    }),
  );
  return {
    endpoints: Object.fromEntries(
      started.flatMap(({ service, machines, endpoint }) => (machines ? [] : [[service, endpoint] as const])),
    ),
    stop: async () => {
      const servers = [...started.map(({ server }) => server), ...(control === null ? [] : [control])];
      await Promise.all(servers.map(closeServer));
      agent.destroy();
    },
  };
}

/** The gateway as a process of its own. */
export const start: StartChild = async (options) => {
  const { stop } = await startGateway(gatewayOptions.parse(options));
  return { facts: {}, stop };
};

interface Guard {
  readonly service: Service;
  readonly rules: ServiceRules;
  /** Step Functions calls, for its machines. */
  readonly machines: boolean;
  readonly injector: Injector;
  readonly metricsEndpoint: string | undefined;
  readonly authorise: Authorise;
  readonly byKey: ReadonlyMap<string, Principal>;
}

interface Upstream {
  readonly hostname: string;
  readonly port: number;
  readonly agent: Agent;
}

async function pass(
  guard: Guard,
  upstream: Upstream,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = incoming;
  const body = guard.rules.readsBody ? await bodyOf(incoming) : Buffer.alloc(0);
  const request: WireRequest = { method, url, headers, body };
  const refused = refusalOf(guard, request);
  if (refused !== null) {
    // What is left of the body is dropped, so that the connection can serve the next request.
    incoming.resume();
    answer(outgoing, refused);
    return;
  }
  const struck = await strike(guard, request);
  const fault = struck?.fault ?? null;
  const broken = fault === null ? null : faultAnswer(guard.service, fault, body, struck?.reasons);
  if (broken !== null) {
    incoming.resume();
    answer(outgoing, method === 'HEAD' ? { ...broken, body: '' } : broken);
    return;
  }
  if (fault === 'dropped') {
    incoming.socket.destroy();
    return;
  }
  const real = send({ ...upstream, method, path: url, headers: forwarded(guard.service, headers) }, (response) => {
    const { statusCode = 502 } = response;
    if (fault === 'answer lost') {
      response.resume();
      response.on('end', () => incoming.socket.destroy());
      return;
    }
    const hidden = statusCode === 404 && guard.service === 'S3' ? hiddenAbsence(guard, request) : null;
    if (hidden !== null) {
      response.resume();
      answer(outgoing, method === 'HEAD' ? { ...hidden, body: '' } : hidden);
      return;
    }
    outgoing.writeHead(statusCode, response.headers);
    response.pipe(outgoing);
  });
  real.on('error', () => outgoing.destroy());
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) real.destroy();
  });
  if (guard.rules.readsBody) real.end(body);
  else incoming.pipe(real);
}

function refusalOf({ service, rules, authorise, byKey }: Guard, request: WireRequest): Answer | null {
  const calls = rules.calls(request);
  if (calls === 'public') return null;
  const principal = callerOf(request, byKey);
  if (principal === null) return unknownCaller(rules.protocol);
  const message = authorise(principal, calls);
  return message === null ? null : denied(rules.protocol, service, message);
}

/** The fault that befalls this call, once a slow one has waited, and why DynamoDB throttles it. */
async function strike(
  { service, rules, machines, byKey, injector, metricsEndpoint }: Guard,
  request: WireRequest,
): Promise<{ readonly fault: ServiceFault; readonly reasons: readonly ThrottlingReason[] } | null> {
  const byFunction = machines || callerOf(request, byKey)?.arn.includes(':assumed-role/') === true;
  const struck = injector.strike({ service, operation: targetOf(request), byFunction });
  if (struck === null) return null;
  const { fault, slowMs, index } = struck;
  if (slowMs > 0) await pause(slowMs);
  const calls = rules.calls(request);
  if (service !== 'DYNAMODB' || calls === 'public' || (fault !== 'throttled' && fault !== 'hot partition'))
    return { fault, reasons: [] };
  const limit = fault === 'throttled' ? 'AccountLimit' : 'KeyRangeThroughput';
  const reasons = calls.slice(0, 1).map((call) => throttlingReason(call, limit, index));
  if (metricsEndpoint !== undefined)
    await sendMetrics(metricsEndpoint, 'AWS/DynamoDB', reasons.flatMap(throttleMetrics));
  return { fault, reasons };
}

/** To whom may not list the bucket, S3 does not say that an object is absent. */
function hiddenAbsence({ authorise, byKey }: Guard, request: WireRequest): Answer | null {
  const principal = callerOf(request, byKey);
  const message = principal === null ? null : authorise(principal, [listCall(request)]);
  return message === null ? null : denied('s3', 'S3', message);
}

/** Whose access key id stands in the credential scope of the signature. The signature itself is not checked. */
function callerOf({ headers, url }: WireRequest, byKey: Guard['byKey']): Principal | null {
  const { authorization } = headers;
  const signed = /Credential=([^/,\s]+)\//.exec(typeof authorization === 'string' ? authorization : '')?.[1];
  const presigned = signed ?? /X-Amz-Credential=([^%/&]+)/.exec(url)?.[1];
  return byKey.get(presigned ?? '') ?? null;
}

/** The local S3 knows the administrator's key only. */
function forwarded(service: Service, headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  if (service !== 'S3' || headers.authorization === undefined) return headers;
  const authorization = headers.authorization.replace(/Credential=[^/]+\//, `Credential=${CREDENTIALS.accessKeyId}/`);
  return { ...headers, authorization };
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function answer(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  outgoing.writeHead(status, headers).end(body);
}
