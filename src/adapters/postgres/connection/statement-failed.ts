import { PortageError } from '../../../domain/errors.ts';

/** SQLSTATEs after which the same transaction may well succeed: serialization, deadlock, lock not available, fence, shutdown. */
const PASSING = new Set(['40001', '40P01', '55P03', '57014', '25P03', 'PT002']);

/** PostgreSQL refused a statement; `sqlstate` says why, and the transaction it was part of is gone. */
export class StatementFailed extends PortageError {
  override readonly name = 'StatementFailed';
  readonly retryable: boolean;
  readonly fields: { readonly sqlstate: string };

  constructor(message: string, sqlstate: string, options: { readonly cause?: unknown } = {}) {
    const remedy = PASSING.has(sqlstate) ? 'Retry the whole transaction' : 'Correct the statement or its values';
    super(`${message} (SQLSTATE ${sqlstate}). ${remedy}.`, options);
    this.retryable = PASSING.has(sqlstate);
    this.fields = { sqlstate };
  }
}

/** The answer would exceed what one call may return; ask for fewer rows. Never leaves the adapter where fewer rows are possible. */
export class AnswerTooLarge extends PortageError {
  override readonly name = 'AnswerTooLarge';
  readonly retryable = false;
  readonly fields = {};

  constructor(options: { readonly cause?: unknown } = {}) {
    super('the answer exceeds the Data API limit of 1 MiB. Ask for fewer rows.', options);
  }
}

export function sqlstateOf(error: unknown): string | null {
  return error instanceof StatementFailed ? error.fields.sqlstate : null;
}
