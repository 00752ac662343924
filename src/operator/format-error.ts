import * as z from 'zod';

/** What to do about the errors of AWS, the network and the file system, by the error's code or name. */
const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'is `portage up` running, and does AWS_ENDPOINT_URL_<SERVICE> name its endpoints?',
  ECONNRESET: 'the connection was cut: run the command again',
  ETIMEDOUT: 'the endpoint did not respond: check the network, then run the command again',
  EHOSTUNREACH: 'the endpoint cannot be reached: check the network and the endpoints that `portage up` prints',
  ENOTFOUND: 'name the right AWS_REGION, or the endpoints that `portage up` prints',
  EAI_AGAIN: 'the name cannot be resolved now: check the network, then run the command again',
  EACCES: 'give this user access to the file, or name another one',
  ENOENT: 'name a file that exists',
  ENOSPC: 'free some disk space, then run the command again',
  CredentialsProviderError: 'sign in to AWS, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  UnrecognizedClientException: 'sign in to AWS with credentials of this account',
  ExpiredTokenException: 'sign in to AWS again',
  AccessDeniedException: 'this identity lacks the permission; use one that may operate the migration',
  ResourceNotFoundException: 'does PORTAGE_CONTROL_TABLE name the control table of this region?',
  ExecutionDoesNotExist: 'this run is unknown: `portage status` shows the latest one',
  ExecutionAlreadyExists: 'a run of this name exists: choose another with --run',
  StateMachineDoesNotExist: 'deploy infra/, or start `portage up`',
};

/** An error as one line, with a remedy where one is known: no stack trace and no list of errors reaches the operator. */
export function formatError(error: unknown): string {
  const first = firstError(error);
  if (first instanceof z.ZodError) return formatZodError(first);
  if (!(first instanceof Error)) return oneLine(String(first));
  // The SDK puts the text of a socket error into its message and drops the code.
  const text = first.message.replace(/^AWS SDK error wrapper for Error: /, '');
  const code = 'code' in first ? String(first.code) : (/\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)\b/.exec(text)?.[0] ?? '');
  const remedy = REMEDIES[code] ?? REMEDIES[first.name];
  const message = oneLine(text || code || first.name);
  return remedy === undefined ? message : `${message}: ${remedy}`;
}

/** Of an adapter's translation it is the service's own error that names the remedy for an operator. */
const TRANSLATIONS = new Set(['AccessDenied', 'ServiceRefused', 'ServiceUnavailable']);

/** Node reports a refused connection to several addresses as an AggregateError without a message. */
function firstError(error: unknown): unknown {
  if (error instanceof Error && TRANSLATIONS.has(error.name) && error.cause instanceof Error)
    return firstError(error.cause);
  return error instanceof AggregateError && error.errors.length > 0 ? firstError(error.errors[0]) : error;
}

function formatZodError(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.join('.') || 'the response';
  return oneLine(
    `unexpected response: ${path}: ${issue?.message ?? 'invalid'}: use the version of portage that was deployed`,
  );
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
