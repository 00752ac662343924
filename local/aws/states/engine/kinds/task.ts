import { awaitToken } from './await-token.ts';
import { StateFailure, toFailure } from '../../model/failure.ts';
import type { Attempt, Frame } from '../../journal/frame.ts';
import { event, shown } from '../../journal/history.ts';
import { integrationOf } from '../../definition/integrations.ts';
import { invokeFunction } from './invoke-function.ts';
import { isObject, withinLimit, type Json } from '../../model/json.ts';
import type { Run } from '../run/run.ts';
import { runChild } from './run-child.ts';
import type { TaskState } from '../../definition/schema.ts';
import { evaluateField, evaluateNumber, unusable } from '../run/scope.ts';
import type { TaskCall } from './task-call.ts';

/** AWS's default for TimeoutSeconds. */
const LONGEST_SECONDS = 99_999_999;

/** Performs a task once. An attempt that a crash cut off is made again, unless it was submitted and only waits. */
export async function runTask(run: Run, frame: Frame, state: TaskState): Promise<Json> {
  const integration = integrationOf(state.Resource);
  if (!integration) throw new StateFailure('States.Runtime', `Resource '${state.Resource}' is not supported`);
  const known = frame.attempt;
  const token = known?.token ?? (integration.kind === 'token' ? run.services.tokens.issue(run.state.start.arn) : null);
  const args = await evaluateField(run, frame, 'Arguments', state.Arguments ?? {}, { token });
  if (!isObject(args)) throw unusable('Arguments', 'an object', args);
  withinLimit(args, `arguments of the state '${frame.state}'`);
  const bounds = { min: 1, max: LONGEST_SECONDS };
  const timeout = await evaluateNumber(run, frame, 'TimeoutSeconds', state.TimeoutSeconds, bounds);
  const heartbeat = await evaluateNumber(run, frame, 'HeartbeatSeconds', state.HeartbeatSeconds, bounds);

  let attempt: Attempt = known ?? {
    token,
    child: null,
    submitted: false,
    scheduledAt: run.services.clock.now(),
    answer: null,
    redrive: false,
  };
  const { resourceType, resource } = integration;
  const call: TaskCall = {
    run,
    frame,
    integration,
    args,
    timeoutMs: (timeout ?? LONGEST_SECONDS) * 1000,
    heartbeatMs: heartbeat === undefined ? null : heartbeat * 1000,
    attempt: () => attempt,
    note: (change, output) => {
      attempt = { ...attempt, ...change };
      const submitted =
        output === undefined ? [] : [event('TaskSubmitted', { resourceType, resource, ...shown(output) })];
      run.step(frame.path, { change: { attempt }, events: submitted });
    },
  };
  if (!attempt.submitted && !attempt.answer) schedule(call, timeout, heartbeat);
  return await finish(call);
}

function schedule(call: TaskCall, timeout: number | undefined, heartbeat: number | undefined): void {
  const { run, frame, integration, args } = call;
  const { resourceType, resource } = integration;
  const details = {
    resourceType,
    resource,
    region: run.services.region,
    parameters: JSON.stringify(args),
    timeoutInSeconds: timeout,
    heartbeatInSeconds: heartbeat,
  };
  run.step(frame.path, {
    change: { attempt: call.attempt() },
    events: [event('TaskScheduled', details), event('TaskStarted', { resourceType, resource })],
  });
}

const performers = { function: invokeFunction, token: awaitToken, child: runChild } as const;

async function finish(call: TaskCall): Promise<Json> {
  const { run, frame, integration } = call;
  const { kind, resourceType, resource } = integration;
  try {
    const result = await performers[kind](call);
    withinLimit(result, `result of the state '${frame.state}'`);
    run.step(frame.path, { events: [event('TaskSucceeded', { resourceType, resource, ...shown(result) })] });
    return result;
  } catch (thrown) {
    run.signal.throwIfAborted();
    const { error, reason } = toFailure(thrown);
    const timedOut = error === 'States.Timeout' || error === 'States.HeartbeatTimeout';
    const details = { resourceType, resource, error, cause: reason };
    run.step(frame.path, { events: [event(timedOut ? 'TaskTimedOut' : 'TaskFailed', details)] });
    throw thrown;
  }
}
