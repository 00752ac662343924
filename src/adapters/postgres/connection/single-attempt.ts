import type { RDSDataClient } from '@aws-sdk/client-rds-data';

/** Hides an error from the SDK's retries, which look through `cause` and know nothing of what a statement does. */
class Attempted extends Error {
  override readonly name = 'Attempted';
  readonly failure: unknown;

  constructor(failure: unknown) {
    super('attempted once');
    this.failure = failure;
  }
}

/**
 * Makes a client send each request once: a statement whose answer was lost may have run, and the SDK would run it again. What may be repeated
 * is repeated by the adapter. Works on any client, however many attempts it was built for.
 */
export function attemptOnce(client: RDSDataClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw new Attempted(error);
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
        throw error instanceof Attempted ? error.failure : error;
      }
    },
    { step: 'initialize', priority: 'high', name: 'portageUnwrapped', override: true },
  );
}
