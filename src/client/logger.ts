import { Logger } from '@aws-lambda-powertools/logger';
import { LeaseExpired, OutcomeUnknown, WritesStopped } from '../domain/errors.ts';

/** Names of modes, entities, patterns and errors, and numbers; never row values, keys, identities, SQL or its parameters. */
export type LogFields = Readonly<Record<string, string | number | null>>;

/** What the client logs to; the Logger of Powertools for AWS Lambda implements it. */
export interface ClientLogger {
  debug(message: string, fields: LogFields): void;
  info(message: string, fields: LogFields): void;
  warn(message: string, fields: LogFields): void;
  error(message: string, fields: LogFields): void;
}

/** JSON lines of service `portage-client`; the level is POWERTOOLS_LOG_LEVEL, or WARN if that is not set. */
export function createClientLogger(): ClientLogger {
  const level = process.env['POWERTOOLS_LOG_LEVEL'];
  return new Logger({ serviceName: 'portage-client', ...(level === undefined ? { logLevel: 'WARN' } : {}) });
}

/** Logs a write that was refused, or whose outcome is unknown. Messages of errors may quote SQL, so only names and numbers are logged. */
export function logFailedWrite(logger: ClientLogger, error: unknown): void {
  if (error instanceof OutcomeUnknown) logger.error('outcome of a write is unknown', { txn: error.fields.txn });
  else if (error instanceof LeaseExpired)
    logger.warn('write refused: the lease expired', { ageMs: error.fields.ageMs, leaseMs: error.fields.leaseMs });
  else if (error instanceof WritesStopped) logger.warn('write refused in this mode', { mode: error.fields.mode });
}

/** The name of an error, which says nothing of a row. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** Logs nothing: for processes whose output is read by people. */
export const silentLogger: ClientLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
