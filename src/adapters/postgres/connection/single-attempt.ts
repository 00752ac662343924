import type { RDSDataClient } from '@aws-sdk/client-rds-data';

/** Wraps an error so that the SDK does not retry; the SDK inspects `cause`, so the original is kept in another field. */
class NotRetried extends Error {
  override readonly name = 'Attempted';
  readonly failure: unknown;

  constructor(failure: unknown) {
    super('attempted once');
    this.failure = failure;
  }
}

/**
 * Makes a client send each request once: a statement whose response was lost may have run, and the SDK would run it again. The adapter
 * retries what is safe to retry. Overrides the client's `maxAttempts`.
 */
export function attemptOnce(client: RDSDataClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw new NotRetried(error);
      }
    },
    // Inside the SDK's retries.
    { step: 'deserialize', priority: 'high', name: 'portageAttempted', override: true },
  );
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw error instanceof NotRetried ? error.failure : error;
      }
    },
    { step: 'initialize', priority: 'high', name: 'portageUnwrapped', override: true },
  );
}
