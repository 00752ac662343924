const TRIES = 3;
const TIMEOUT_MS = 5000;

interface Invocation {
  readonly FunctionName: string;
  readonly Payload: string;
}

interface Invoked {
  readonly StatusCode: number;
  readonly FunctionError?: string;
  readonly Payload: string;
}

/** The Lambda client through which the emulator calls its triggers: 5 seconds and three tries, as Cognito allows them. */
export function createTriggerClient(lambdaEndpoint: string): object {
  const call = async ({ FunctionName, Payload }: Invocation): Promise<Invoked> => {
    const response = await fetch(
      `${lambdaEndpoint}/2015-03-31/functions/${encodeURIComponent(FunctionName)}/invocations`,
      {
        method: 'POST',
        body: Payload,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    );
    const answer = await response.text();
    if (!response.ok) throw new Error(`${FunctionName} answers with status ${response.status}`);
    const error = response.headers.get('x-amz-function-error');
    return { StatusCode: response.status, Payload: answer, ...(error === null ? {} : { FunctionError: error }) };
  };
  const invoke = async (invocation: Invocation): Promise<Invoked> => {
    for (let left = TRIES - 1; ; left--) {
      try {
        return await call(invocation);
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  };
  return { invoke: (invocation: Invocation) => ({ promise: () => invoke(invocation) }) };
}
