import { createDeferred } from '../../../../process/deferred.ts';
import { StateFailure } from '../../model/failure.ts';
import type { Answer } from '../../journal/frame.ts';
import { race, untilAborted } from '../run/child-signal.ts';
import { invoke, timeoutOf } from './invoke-function.ts';
import type { Json } from '../../model/json.ts';
import type { TaskCall } from './task-call.ts';

/** `lambda:invoke.waitForTaskToken`: invokes the function, then waits until somebody sends the token back. */
export async function awaitToken(call: TaskCall): Promise<Json> {
  const { run } = call;
  const { clock, tokens } = run.services;
  const { token, answer: known } = call.attempt();
  if (known) return resultOf(known);
  if (token === null) throw new StateFailure('States.Runtime', 'The attempt has no task token');

  let lastSign = clock.now();
  const { promise: answered, resolve: settle } = createDeferred<Answer>();
  tokens.open(token, {
    answer: (answer) => {
      call.note({ answer });
      tokens.close(token);
      settle(answer);
    },
    heartbeat: () => {
      lastSign = clock.now();
    },
  });
  try {
    if (!call.attempt().submitted) {
      // The function may answer, or have somebody else answer, before it returns itself.
      const first = await race<Answer | null>(run.signal, (signal) => Promise.race([answered, submit(call, signal)]));
      if (first) return resultOf(first);
      lastSign = clock.now();
    }
    const answer = await race(
      run.signal,
      (signal) => untilAborted(signal, answered),
      async (signal) => {
        await clock.reached(call.attempt().scheduledAt + call.timeoutMs, signal);
        throw timeoutOf(call);
      },
      async (signal) => heartbeats(call, () => lastSign, signal),
    );
    return resultOf(answer);
  } finally {
    tokens.close(token);
  }
}

async function submit(call: TaskCall, signal: AbortSignal): Promise<null> {
  const result = await invoke(call, signal);
  if (call.attempt().answer === null) call.note({ submitted: true }, { ...result });
  return null;
}

async function heartbeats(call: TaskCall, lastSign: () => number, signal: AbortSignal): Promise<never> {
  const { heartbeatMs } = call;
  if (heartbeatMs === null) return new Promise<never>(() => undefined);
  const { clock } = call.run.services;
  while (clock.now() < lastSign() + heartbeatMs) await clock.reached(lastSign() + heartbeatMs, signal);
  const seconds = heartbeatMs / 1000;
  throw new StateFailure('States.HeartbeatTimeout', `No heartbeat arrived within ${seconds} s`);
}

function resultOf(answer: Answer): Json {
  if ('output' in answer) return answer.output;
  throw new StateFailure(answer.error, answer.cause);
}
