import { PortageError } from '../../../domain/errors.ts';

/** SQLSTATEs after which a retry of the same transaction may succeed: serialization, deadlock, lock not available, fence, shutdown. */
const TRANSIENT = new Set(['40001', '40P01', '55P03', '57014', '25P03', 'PT002']);

/** PostgreSQL refused a statement; `sqlstate` says why. Its transaction was rolled back. It is called StatementInterrupted where a retry may pass. */
export class StatementFailed extends PortageError {
  override readonly name: 'StatementFailed' | 'StatementInterrupted';
  readonly retryable: boolean;
  readonly fields: { readonly sqlstate: string };

  constructor(message: string, sqlstate: string, options: { readonly cause?: unknown } = {}) {
    const remedy = TRANSIENT.has(sqlstate) ? 'Retry the whole transaction' : 'Correct the statement or its values';
    super(`${message} (SQLSTATE ${sqlstate}). ${remedy}.`, options);
    this.retryable = TRANSIENT.has(sqlstate);
    this.name = this.retryable ? 'StatementInterrupted' : 'StatementFailed';
    this.fields = { sqlstate };
  }
}

/** The response would exceed the Data API limit. The adapters retry with fewer rows, so callers see it only for a single row. */
export class AnswerTooLarge extends PortageError {
  override readonly name = 'AnswerTooLarge';
  readonly retryable = false;
  readonly fields = {};

  constructor(options: { readonly cause?: unknown } = {}) {
    super('the response exceeds the Data API limit of 1 MiB. Request fewer rows.', options);
  }
}

export function sqlstateOf(error: unknown): string | null {
  return error instanceof StatementFailed ? error.fields.sqlstate : null;
}

/**
 * True when a statement failed because the schema `portage`, or something in it, does not exist. A statement that was under way when it was
 * dropped gets an internal error, which names only an OID.
 */
export function isCaptureMissing(error: unknown): boolean {
  if (!(error instanceof StatementFailed)) return false;
  const { message, fields } = error;
  if (fields.sqlstate === 'XX000') return /^(?:cache lookup failed for|could not open relation with OID)/.test(message);
  return ['3F000', '42883', '42P01'].includes(fields.sqlstate) && /\bportage\b/.test(message);
}
