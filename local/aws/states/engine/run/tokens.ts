import { randomUUID } from 'node:crypto';
import { ApiError } from '../../model/api-error.ts';
import type { Answer } from '../../journal/frame.ts';

/** A task that waits for its token to come back. */
export interface OpenTask {
  /** Takes the answer down in the journal and ends the task. */
  answer(answer: Answer): void;
  heartbeat(): void;
}

export type Tokens = ReturnType<typeof createTokens>;

/** The task tokens that are open. `isExecution` says whether there is, or was, an execution of that ARN. */
export function createTokens(isExecution: (arn: string) => boolean) {
  const open = new Map<string, OpenTask>();
  return {
    /** A new token: it names its execution, so that a late answer can be told from a wrong one. */
    issue: (executionArn: string): string =>
      Buffer.from(JSON.stringify([executionArn, randomUUID()])).toString('base64url'),
    open: (token: string, task: OpenTask): void => void open.set(token, task),
    close: (token: string): void => void open.delete(token),
    find: (token: string): OpenTask => {
      const task = open.get(token);
      if (task) return task;
      const arn = executionOf(token);
      if (arn === null || !isExecution(arn)) throw new ApiError('InvalidToken', "Invalid Token: 'Invalid token'");
      throw new ApiError(
        'TaskTimedOut',
        'Task Timed Out: the task token has expired or the task associated with it has already been closed',
      );
    },
  };
}

function executionOf(token: string): string | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    return Array.isArray(parts) && typeof parts[0] === 'string' ? parts[0] : null;
  } catch {
    return null;
  }
}
