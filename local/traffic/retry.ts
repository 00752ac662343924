import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Retries while the error is retryable, like a request handler, up to a time limit in milliseconds.
 */
export async function withRetry<T>(
  patienceMs: number,
  onRetry: () => void,
  operation: (tries: number) => Promise<T>,
): Promise<T> {
  const until = performance.now() + patienceMs;
  for (let tries = 0; ; tries += 1) {
    try {
      return await operation(tries);
    } catch (error) {
      if (!saysRetryable(error) || performance.now() > until) throw error;
      onRetry();
      await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries) * (0.5 + Math.random() / 2));
    }
  }
}

function saysRetryable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === true;
}
