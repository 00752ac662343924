import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import * as z from 'zod';
import { httpServer } from '../process/free-port.ts';
import { faultSettings, type FaultSettings, type Injector, struckCalls, type StruckCalls } from './injector.ts';

/** Changes faults at run time: PUT replaces the settings, GET tells which calls were struck. */
export function createFaultControl(injector: Injector): Server {
  return httpServer((request, response) => {
    control(injector, request, response).catch((error: unknown) => {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(`${messageOf(error)}\n`);
    });
  });
}

async function control(injector: Injector, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'PUT') {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    injector.set(faultSettings.parse(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(injector.struck())}\n`);
}

function messageOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return error instanceof Error ? error.message : String(error);
}

/** The faults of a stack, from outside the process that injects them. */
export interface Faults {
  /** Where `curl` changes them: PUT with settings, GET for what was struck. */
  readonly endpoint: string;
  /** Replaces the settings; `{}` ends all faults. */
  set(settings: FaultSettings): Promise<void>;
  struck(): Promise<StruckCalls>;
}

export function connectFaults(endpoint: string): Faults {
  const ask = async (init: RequestInit): Promise<StruckCalls> => {
    const response = await fetch(endpoint, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`faults: ${text}`);
    return struckCalls.parse(JSON.parse(text));
  };
  return {
    endpoint,
    set: async (settings) => void (await ask({ method: 'PUT', body: JSON.stringify(settings) })),
    struck: () => ask({ method: 'GET' }),
  };
}
