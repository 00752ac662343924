import * as z from 'zod';
import { realWait } from '../../../../clock/real-time.ts';
import { StateFailure } from '../../model/failure.ts';
import { race } from '../run/child-signal.ts';
import { demand } from './permission.ts';
import { jsonSchema, type Json } from '../../model/json.ts';
import type { InvocationResult } from '../run/lambda.ts';
import type { TaskCall } from './task-call.ts';

const argumentsSchema = z.object({
  FunctionName: z.string(),
  Qualifier: z.string().optional(),
  Payload: jsonSchema.optional(),
});

/** `lambda:invoke`: the function's answer is the result. */
export async function invokeFunction(call: TaskCall): Promise<Json> {
  return { ...(await invoke(call, call.run.signal)) };
}

/**
 * Invokes the function that the Arguments name. It runs in real time, and so does its timeout: the clock does not jump
 * meanwhile, or another execution's wait of a day would end what waits for this one.
 */
export async function invoke(call: TaskCall, signal: AbortSignal): Promise<InvocationResult> {
  const args = argumentsSchema.safeParse(call.args);
  if (!args.success) throw new StateFailure('States.Runtime', `Invalid Arguments: ${z.prettifyError(args.error)}`);
  const { FunctionName: functionName, Qualifier: qualifier, Payload: payload = {} } = args.data;
  demand(call.run, 'lambda:InvokeFunction', qualifier === undefined ? functionName : `${functionName}:${qualifier}`);
  const end = performance.now() + call.timeoutMs;
  const release = call.run.services.clock.hold();
  return race(
    signal,
    (inner) => call.run.services.invoke({ functionName, qualifier, payload }, inner),
    async (inner) => {
      await realWait(() => end - performance.now(), inner);
      throw timeoutOf(call);
    },
  ).finally(release);
}

/** The failure of a task that took longer than its TimeoutSeconds. */
export function timeoutOf(call: TaskCall): StateFailure {
  return new StateFailure(
    'States.Timeout',
    `The state '${call.frame.state}' timed out after ${call.timeoutMs / 1000} s`,
  );
}
