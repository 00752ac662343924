import { codeOf, isCode } from '../../process/error-code.ts';

/** The Data API's errors and the HTTP status that AWS's model gives each. */
const STATUS = {
  BadRequestException: 400,
  DatabaseErrorException: 400,
  DatabaseNotFoundException: 404,
  DatabaseResumingException: 400,
  DatabaseUnavailableException: 504,
  HttpEndpointNotEnabledException: 400,
  InternalServerErrorException: 500,
  InvalidResourceStateException: 400,
  SecretsErrorException: 400,
  ServiceUnavailableError: 503,
  StatementTimeoutException: 400,
  TransactionNotFoundException: 404,
  UnsupportedResultException: 400,
} as const;

export type DataApiErrorName = keyof typeof STATUS;

/** An error response of the Data API, under AWS's name. */
export class DataApiError extends Error {
  override readonly name: DataApiErrorName;
  readonly status: number;
  /** Further members of the response body. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    name: DataApiErrorName,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = name;
    this.status = STATUS[name];
    this.details = details;
  }
}

export function badRequest(message: string): DataApiError {
  return new DataApiError('BadRequestException', message);
}

/** Translates an error of PostgreSQL or its connection to AWS's. */
export function translate(error: unknown): DataApiError {
  if (error instanceof DataApiError) return error;
  if (isServerError(error)) return fromServer(error);
  const message = messageOf(error);
  const gone = isCode(error, 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT');
  if (gone || /connection (terminated|error)|not queryable/i.test(message)) {
    return new DataApiError('DatabaseUnavailableException', `The database is not reachable: ${message}`, {}, error);
  }
  if (message.startsWith('timeout exceeded when trying to connect')) {
    return new DataApiError('ServiceUnavailableError', 'All connections to the database are in use', {}, error);
  }
  return new DataApiError('InternalServerErrorException', message, {}, error);
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

interface ServerError {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly position?: string;
}

/** An ErrorResponse of PostgreSQL, not an error of the connection. */
export function isServerError(error: unknown): error is ServerError {
  return codeOf(error) !== null && typeof error === 'object' && error !== null && 'severity' in error;
}

function fromServer(error: ServerError): DataApiError {
  const { code, message, position } = error;
  // Shut down by an operator, crashed, or its database dropped: the connection is closed too.
  if (['57P01', '57P02', '57P04'].includes(code)) {
    return new DataApiError('DatabaseUnavailableException', message, {}, error);
  }
  if (code === '57P03') return new DataApiError('DatabaseResumingException', message, {}, error);
  if (code === '53300') return new DataApiError('ServiceUnavailableError', message, {}, error);
  if (code === '42601' && message.includes('multiple commands into a prepared statement')) {
    return badRequest("Multistatements aren't supported.");
  }
  const place = position === undefined ? '' : `; Position: ${position}`;
  return new DataApiError('DatabaseErrorException', `ERROR: ${message}${place}; SQLState: ${code}`, {}, error);
}
