import { AsyncLocalStorage } from 'node:async_hooks';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeadlineExceeded } from '../../domain/errors.ts';

/** When a request must have ended (rule d), on the monotonic clock. */
export interface Deadline {
  readonly at: number;
  readonly ms: number;
}

export function deadlineIn(ms: number): Deadline {
  return { at: performance.now() + ms, ms };
}

interface Request {
  readonly deadline: Deadline;
  readonly operation: string;
}

const current = new AsyncLocalStorage<Request>();

/** Makes a client check the deadline before each attempt; otherwise a paused process could send a late one (rule d). */
export function enforceDeadlines(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const request = current.getStore();
      if (request !== undefined && performance.now() >= request.deadline.at) throw exceeded(request);
      return next(args);
    },
    { step: 'deserialize', name: 'portageDeadline', priority: 'high', override: true },
  );
}

/** Sends a request that cannot outlive its deadline: checked before each attempt of the SDK, aborted at it (rule d, RACE-58). */
export async function withDeadline<T>(
  deadline: Deadline,
  operation: string,
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.max(0, deadline.at - performance.now()));
  try {
    return await current.run({ deadline, operation }, () => send({ abortSignal: controller.signal }));
  } catch (error) {
    if (controller.signal.aborted && error instanceof Error && error.name === 'AbortError') {
      throw exceeded({ deadline, operation }, error);
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function exceeded({ deadline, operation }: Request, cause?: unknown): DeadlineExceeded {
  return new DeadlineExceeded({ operation, deadlineMs: deadline.ms }, { cause });
}

/**
 * Waits before another attempt, longer each time, never past the deadline; returns false when no
 * time is left.
 */
export async function backOff(tries: number, deadline: Deadline): Promise<boolean> {
  const pause = Math.min(20 * 2 ** tries, 1_000) * (0.5 + Math.random() / 2);
  if (performance.now() + pause >= deadline.at) return false;
  await new Promise((resolve) => setTimeout(resolve, pause));
  return true;
}
