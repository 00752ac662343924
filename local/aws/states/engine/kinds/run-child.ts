import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { ApiError } from '../../model/api-error.ts';
import { executionArn, qualifiedMachine } from '../../model/arn.ts';
import { StateFailure } from '../../model/failure.ts';
import { isShutdown, race, untilAborted } from '../run/child-signal.ts';
import { demand, mayDo } from './permission.ts';
import { timeoutOf } from './invoke-function.ts';
import { jsonSchema, type Json, type JsonObject } from '../../model/json.ts';
import type { EndedExecution } from '../../journal/record.ts';
import type { TaskCall } from './task-call.ts';

const argumentsSchema = z.object({
  StateMachineArn: z.string(),
  Input: jsonSchema.optional(),
  Name: z.string().optional(),
});

/** `states:startExecution.sync:2`: starts an execution, or goes on with the one started before, and waits for its end. */
export async function runChild(call: TaskCall): Promise<Json> {
  const { run } = call;
  const { children, clock } = run.services;
  const child = begin(call);
  try {
    demand(run, 'states:DescribeExecution', child);
    const ended = await race(
      run.signal,
      (signal) => untilAborted(signal, children.finished(child)),
      async (signal) => {
        await clock.reached(call.attempt().scheduledAt + call.timeoutMs, signal);
        throw timeoutOf(call);
      },
    );
    const description = describe(ended);
    if (ended.end.status === 'SUCCEEDED') return description;
    throw new StateFailure('States.TaskFailed', JSON.stringify(description));
  } catch (thrown) {
    if (!isShutdown(run.signal) && isRunning(call, child) && mayDo(run, 'states:StopExecution', child))
      children.stop(child);
    throw thrown;
  }
}

function isRunning(call: TaskCall, child: string): boolean {
  return call.run.services.children.find(child)?.status === 'RUNNING';
}

function begin(call: TaskCall): string {
  const { children } = call.run.services;
  const { child, submitted, redrive } = call.attempt();
  if (child !== null && redrive) {
    const running = isRunning(call, child);
    if (running || children.redrivable(child)) {
      if (!running) children.redrive(child);
      call.note({ submitted: true, redrive: false }, { ExecutionArn: child });
      return child;
    }
  } else if (child !== null && (submitted || children.find(child) !== undefined)) {
    return child;
  }
  return start(call, redrive ? null : child);
}

function start(call: TaskCall, planned: string | null): string {
  const args = argumentsSchema.safeParse(call.args);
  if (!args.success) throw new StateFailure('States.Runtime', `Invalid Arguments: ${z.prettifyError(args.error)}`);
  const { StateMachineArn: asked, Input: input = {} } = args.data;
  const { machineArn, qualifier } = machineOf(asked);
  // Step Functions decides by the ARN of the machine; a policy may ask for the version by a condition.
  demand(call.run, 'states:StartExecution', machineArn, qualifier);
  const name = planned?.slice(planned.lastIndexOf(':') + 1) ?? args.data.Name ?? randomUUID();
  // Written down before the start, so that after a crash the same execution is waited for and no second one begins.
  if (args.data.Name === undefined) call.note({ child: executionArn(machineArn, name), redrive: false });
  const parentArn = call.run.state.start.arn;
  try {
    const { arn, startDate } = call.run.services.children.start({ machineArn: asked, name, input, parentArn });
    call.note({ child: arn, submitted: true, redrive: false }, { ExecutionArn: arn, StartDate: startDate });
    return arn;
  } catch (error) {
    throw asFailure(error);
  }
}

function machineOf(arn: string): ReturnType<typeof qualifiedMachine> {
  try {
    return qualifiedMachine(arn);
  } catch (error) {
    throw asFailure(error);
  }
}

/** An error of the API as the task gets it. */
function asFailure(error: unknown): unknown {
  return error instanceof ApiError ? new StateFailure(`StepFunctions.${error.code}Exception`, error.message) : error;
}

/** An execution as `.sync:2` hands it on: like DescribeExecution, with input and output as JSON. */
export function describe({ start, end }: EndedExecution): JsonObject {
  return {
    ExecutionArn: start.arn,
    Input: start.input,
    InputDetails: { Included: true },
    Name: start.name,
    StartDate: start.startDate,
    StateMachineArn: start.machineArn,
    ...(start.versionArn !== null && { StateMachineVersionArn: start.versionArn }),
    Status: end.status,
    StopDate: end.stopDate,
    ...(end.output !== undefined && { Output: end.output, OutputDetails: { Included: true } }),
    ...(end.error !== undefined && { Error: end.error }),
    ...(end.cause !== undefined && { Cause: end.cause }),
  };
}
