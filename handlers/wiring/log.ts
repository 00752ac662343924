import { Logger } from '@aws-lambda-powertools/logger';
import { isPortageError } from '../../src/domain/errors.ts';

/** What a handler uses of Lambda's context object. */
export interface InvocationContext {
  readonly functionName: string;
  readonly awsRequestId: string;
}

export interface Invocation {
  /** Absent where a test calls the handler itself. */
  readonly context: InvocationContext | undefined;
  /** True for the first invocation of the process. */
  readonly coldStart: boolean;
  /** From `keysOf`; empty where nothing of the event may be logged. */
  readonly keys: Readonly<Record<string, string | number>>;
}

/** Members of an event that are logged if present. */
const EVENT_KEYS = ['run', 'phase', 'segment', 'range', 'entity', 'gate'] as const;

/**
 * Fields of errors that name parts of the plan or of the migration. All other fields may hold row
 * values, tokens or hashes.
 */
const SAFE_FIELDS = ['entity', 'table', 'relation', 'column', 'gate', 'phase', 'mode', 'run'] as const;

const SAFE_NAME = /^[\w .:#/-]{1,256}$/;
const MOST_COUNTS = 12;

const base = new Logger({ serviceName: process.env['POWERTOOLS_SERVICE_NAME'] ?? 'portage' });

/**
 * Runs one invocation and logs its start (debug) and how it ended: info when it finished, warn when it failed with an error that a
 * retry may pass, error otherwise. It never logs the event, the result or the message of an error, which may hold values of rows.
 */
export async function logInvocation<Answer>(invocation: Invocation, run: () => Promise<Answer>): Promise<Answer> {
  // One logger per invocation: the embedded stack runs several at once, and each is sampled for debug on its own.
  const logger = base.createChild();
  logger.appendKeys({
    ...invocation.keys,
    cold_start: invocation.coldStart,
    ...(invocation.context === undefined
      ? {}
      : { function: invocation.context.functionName, function_request_id: invocation.context.awsRequestId }),
  });
  const began = performance.now();
  const durationMs = (): number => Math.round(performance.now() - began);
  logger.debug('started');
  try {
    const answer = await run();
    logger.info('finished', { duration_ms: durationMs(), counts: countsOf(answer) });
    return answer;
  } catch (error) {
    const details = { duration_ms: durationMs(), error: safeError(error) };
    if (isPortageError(error) && error.retryable) logger.warn('failed', details);
    else logger.error('failed', details);
    throw error;
  }
}

/** What identifies an invocation in the log: members of its event by name, and the execution that it belongs to. */
export function keysOf(event: unknown): Readonly<Record<string, string | number>> {
  const owner = safeValue(memberOf(event, 'owner'));
  const run = safeValue(memberOf(event, 'run'));
  const correlation = owner ?? run;
  return {
    ...safeMembers(event, EVENT_KEYS),
    ...(owner === undefined ? {} : { execution: owner }),
    ...(correlation === undefined ? {} : { correlation_id: correlation }),
  };
}

/** Name, safe fields and the frames of the stack; the stack's first lines repeat the message and are left out. */
function safeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, message, stack = '' } = error;
  const at = stack.indexOf(message);
  const frames = (at === -1 ? stack : stack.slice(at + message.length)).split('\n');
  return {
    name: safeValue(name) ?? 'Error',
    retryable: isPortageError(error) && error.retryable,
    ...(isPortageError(error) ? safeMembers(error.fields, SAFE_FIELDS) : {}),
    stack: frames.filter((line) => /^ {4}at \S.*:\d+:\d+\)?$/.test(line)).map((line) => line.trim()),
  };
}

function countsOf(answer: unknown): Record<string, number | boolean> {
  if (typeof answer !== 'object' || answer === null) return {};
  const counts: [string, number | boolean][] = [];
  for (const [name, value] of Object.entries(answer))
    if (typeof value === 'number' || typeof value === 'boolean') counts.push([name, value]);
  return Object.fromEntries(counts.slice(0, MOST_COUNTS));
}

function safeMembers(value: unknown, names: readonly string[]): Record<string, string | number> {
  const members: [string, string | number][] = [];
  for (const name of names) {
    const member = safeValue(memberOf(value, name));
    if (member !== undefined) members.push([name, member]);
  }
  return Object.fromEntries(members);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function safeValue(value: unknown): string | number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && SAFE_NAME.test(value) ? value : undefined;
}
