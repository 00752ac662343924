/** A failure as in Step Functions' error output. */
export interface Failure {
  readonly error: string;
  readonly cause: string;
}

/**
 * The innermost error of a failure: a Lambda's error arrives as JSON in the cause, a child execution's as its description with
 * an error and a cause of its own.
 */
export function innermost(failure: Failure): Failure {
  const parsed = parse(failure.cause);
  if (parsed === null) return failure;
  const error = text(parsed['Error']);
  if (error !== null) return innermost({ error, cause: text(parsed['Cause']) ?? '' });
  const message = text(parsed['errorMessage']);
  if (message !== null) return { error: text(parsed['errorType']) ?? failure.error, cause: message };
  return failure;
}

/** The failure as an error, so that a waiting execution sees the name of the original error. */
export function rethrown(failure: Failure): Error {
  const error = new Error(failure.cause);
  // Names that begin with States. are reserved for Step Functions.
  error.name = failure.error.startsWith('States.') ? 'PhaseFailed' : failure.error;
  return error;
}

function parse(cause: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(cause);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
