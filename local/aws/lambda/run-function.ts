import { type FunctionContext, functionContext } from './function-context.ts';

export type Handler = (event: unknown, context: FunctionContext) => unknown;

export interface LocalFunction {
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  load(): Promise<Handler>;
}

/** The outcome of an invocation: the function's result, or an error in Lambda's shape. */
export interface InvocationOutcome {
  readonly failed: boolean;
  readonly requestId: string;
  /** JSON. */
  readonly payload: string;
}

const MAX_PAYLOAD_BYTES = 6 * 2 ** 20;

/**
 * Runs a function once. On a timeout the caller gets Lambda's error, but the run continues: only a
 * process can be killed, and all functions share one.
 */
export async function runFunction(name: string, local: LocalFunction, event: unknown): Promise<InvocationOutcome> {
  const context = functionContext(name, local.timeoutSeconds, local.memoryMb);
  const requestId = context.awsRequestId;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<string>((resolve) => {
    const message = `${new Date().toISOString()} ${requestId} Task timed out after ${local.timeoutSeconds.toFixed(2)} seconds`;
    timer = setTimeout(
      () => resolve(JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage: message })),
      local.timeoutSeconds * 1000,
    );
  });
  const work = (async (): Promise<InvocationOutcome> => {
    const handler = await local.load();
    const answer = await handler(event, context);
    const payload = JSON.stringify(answer ?? null);
    if (Buffer.byteLength(payload) <= MAX_PAYLOAD_BYTES) return { failed: false, requestId, payload };
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`;
    return {
      failed: true,
      requestId,
      payload: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }),
    };
  })().catch((error: unknown) => ({ failed: true, requestId, payload: JSON.stringify(errorPayload(error)) }));
  try {
    return await Promise.race([work, timeout.then((payload) => ({ failed: true, requestId, payload }))]);
  } finally {
    clearTimeout(timer);
  }
}

function errorPayload(error: unknown): { errorType: string; errorMessage: string; trace: string[] } {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}
