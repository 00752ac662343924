/** What went wrong, as Step Functions' error output tells it. */
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
