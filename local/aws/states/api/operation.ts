import * as z from 'zod';
import { ApiError } from '../model/api-error.ts';
import type { Account } from '../model/arn.ts';
import type { SimulatedClock } from '../../../clock/clock.ts';
import type { Executions } from '../engine/executions.ts';
import { PAYLOAD_LIMIT, parseJson, type Json } from '../model/json.ts';
import type { Machines } from '../engine/machines.ts';
import type { MapRuns } from '../engine/run/map-run.ts';
import type { Denial } from '../model/denial.ts';

export interface Service {
  readonly account: Account;
  readonly clock: SimulatedClock;
  readonly denial: Denial;
  readonly machines: Machines;
  readonly executions: Executions;
  readonly mapRuns: MapRuns;
}

/** One action of the API: its request, checked, and what it answers (members that are undefined are left out). */
export type StatesOperation = (service: Service, request: Json) => object;

/** Makes an operation of a request's schema and a function. */
export function operation<T>(schema: z.ZodType<T>, run: (service: Service, request: T) => object): StatesOperation {
  return (service, request) => {
    const parsed = schema.safeParse(request);
    if (parsed.success) return run(service, parsed.data);
    const problems = parsed.error.issues.map(({ path, message }) => `'${path.join('.')}': ${message}`);
    throw new ApiError('ValidationException', `${problems.length} validation error detected: ${problems.join('; ')}`);
  };
}

/** Times travel as seconds since 1970. */
export function seconds(ms: number): number {
  return ms / 1000;
}

export const paging = {
  maxResults: z.number().int().min(0).max(1000).optional(),
  nextToken: z.string().optional(),
};

export interface Paging {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

/** One page of a list; the token is the position of the next entry. */
export function page<T>(list: readonly T[], { maxResults, nextToken }: Paging): { items: T[]; nextToken?: string } {
  const from = nextToken === undefined ? 0 : position(nextToken);
  const to = from + (maxResults || 100);
  const items = list.slice(from, to);
  return to < list.length ? { items, nextToken: Buffer.from(`at:${to}`).toString('base64') } : { items };
}

function position(token: string): number {
  const match = /^at:(\d+)$/.exec(Buffer.from(token, 'base64').toString('utf8'));
  if (!match) throw new ApiError('InvalidToken', `Invalid Token: '${token}'`);
  return Number(match[1]);
}

/** JSON that came as text; `code` names what is wrong where it is not JSON or too long. */
export function payload(text: string, code: 'InvalidExecutionInput' | 'InvalidOutput'): Json {
  if (Buffer.byteLength(text) > PAYLOAD_LIMIT) throw new ApiError(code, `More than ${PAYLOAD_LIMIT} bytes`);
  try {
    return parseJson(text);
  } catch {
    throw new ApiError(code, `Invalid JSON: '${text.slice(0, 100)}'`);
  }
}
