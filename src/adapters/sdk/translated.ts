import {
  AccessDenied,
  isPortageError,
  ServiceRefused,
  ServiceUnavailable,
  SourceUnavailable,
  TargetUnavailable,
  Throttled,
} from '../../domain/errors.ts';
import { isConnectionLost } from '../postgres/connection/connection-lost.ts';

/** The AWS services that adapters call, as messages name them. */
export type Service =
  | 'CloudWatch'
  | 'Cognito'
  | 'the control table'
  | 'DynamoDB'
  | 'Lambda'
  | 'RDS'
  | 'S3'
  | 'Service Quotas'
  | 'SNS'
  | 'Step Functions'
  | 'the RDS Data API';

/**
 * Names of errors by which a service asks for a later retry; nothing was done. statemachines/shared.yaml lists them as well, in case one
 * arrives untranslated, and test/statemachines/retries.test.ts compares the two.
 */
export const THROTTLES: ReadonlySet<string> = new Set([
  'KMSThrottlingException',
  'LimitExceededException',
  'ProvisionedThroughputExceeded',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingError',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionConflict',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

/** Names of errors that pass by themselves: a failure of the service or the connection, or a resource that is being changed. */
export const FAILURES: ReadonlySet<string> = new Set([
  'ConcurrentModificationException',
  'DatabaseResumingException',
  'DatabaseUnavailableException',
  'InternalError',
  'InternalErrorException',
  'InternalFailure',
  'InternalServerError',
  'InternalServerErrorException',
  'InternalServiceFault',
  'InvalidDBClusterSnapshotStateFault',
  'InvalidDBClusterStateFault',
  'InvalidDBInstanceStateFault',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'ServiceUnavailableError',
  'ServiceUnavailableException',
  'TimeoutError',
]);

const DENIALS = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'CredentialsProviderError',
  'ForbiddenException',
  'NotAuthorizedException',
  'UnrecognizedClientException',
]);

/** True for the name of an error by which a service asks for a later retry. Nothing was done. */
export function isThrottle(name: string | undefined): boolean {
  return name !== undefined && THROTTLES.has(name);
}

/**
 * An error of the SDK as one of the domain's: Throttled and the unavailable ones may be retried, AccessDenied and ServiceRefused may not.
 * Other errors, the domain's own among them, come back unchanged. A call without a response may have taken effect.
 */
export function translate(error: unknown, service: Service, operation: string): unknown {
  if (!(error instanceof Error) || isPortageError(error)) return error;
  const { name, message } = error;
  const options = { cause: error };
  if (isThrottle(name)) return new Throttled({ operation: `${operation} of ${service}` }, options);
  if (DENIALS.has(name) || statusOf(error) === 403) return new AccessDenied({ service, operation, message }, options);
  if (FAILURES.has(name) || isConnectionLost(error) || isServerError(error) || isUnanswered(error))
    return unavailable(service, operation, options);
  return '$metadata' in error ? new ServiceRefused({ service, operation, error: name, message }, options) : error;
}

/** Makes a call and translates its errors. What the adapter expects of the service, such as NotFound, it catches inside `call`. */
export async function translated<T>(service: Service, operation: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translate(error, service, operation);
  }
}

function unavailable(service: Service, operation: string, options: { readonly cause: unknown }): Error {
  if (service === 'DynamoDB') return new TargetUnavailable({ operation }, options);
  if (service === 'the RDS Data API') return new SourceUnavailable({ operation }, options);
  return new ServiceUnavailable({ service, operation }, options);
}

function isServerError(error: Error): boolean {
  if ('$fault' in error && error.$fault === 'server') return true;
  const status = statusOf(error);
  return status >= 500 || status === 429;
}

/** The SDK adds `$metadata` to whatever ended its attempts; without a status and a fault no answer came. */
function isUnanswered(error: Error): boolean {
  return '$metadata' in error && !('$fault' in error) && statusOf(error) === 0;
}

/** Of an answer without a body, as S3 gives it to a HEAD, the status is all that says what happened; 0 if there is none. */
function statusOf(error: Error): number {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return 0;
  return 'httpStatusCode' in error.$metadata ? Number(error.$metadata.httpStatusCode) : 0;
}
