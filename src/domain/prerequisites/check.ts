/** One prerequisite, looked at. */
export interface Check {
  readonly subject: string;
  /** Null where it could not be looked at. */
  readonly passed: boolean | null;
  /** What was found, or why nothing was. */
  readonly found: string;
  /** What to do where it has not passed. */
  readonly remedy: string;
}

export function check(subject: string, passed: boolean, found: string, remedy: string): Check {
  return { subject, passed, found, remedy };
}

/** What could not be looked at fails nothing: the operator looks instead. */
export function unchecked(subject: string, reason: string, remedy: string): Check {
  return { subject, passed: null, found: `not checked: ${reason}`, remedy };
}
