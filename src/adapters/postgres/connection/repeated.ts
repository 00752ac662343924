import { OutcomeUnknown, SourceUnavailable } from '../../../domain/errors.ts';
import { withRetry } from './retry.ts';

/** Within fifteen seconds; after that the whole function is for its state machine to try again. */
const ATTEMPTS = 6;

/**
 * Does idempotent work again, where it is not known whether its statement ran or its transaction was committed. Many such steps one after
 * the other would otherwise never all succeed while some calls fail.
 */
export function repeated<T>(work: () => Promise<T>): Promise<T> {
  return withRetry(
    true,
    (error) => (error instanceof SourceUnavailable || error instanceof OutcomeUnknown ? 'in-doubt' : 'permanent'),
    work,
    ATTEMPTS,
  );
}
