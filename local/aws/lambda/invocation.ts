import { randomUUID } from 'node:crypto';
import type { Outcome } from './instance.ts';
import type { InstancePool } from './instance-pool.ts';
import type { LocalFunction } from './local-function.ts';

export interface Invoked extends Outcome {
  readonly requestId: string;
  readonly durationMs: number;
}

/** Runs one event in an instance of the function; `invokedArn` is the ARN that the caller named. */
export async function runInPool(
  pool: InstancePool,
  local: LocalFunction,
  invokedArn: string,
  event: unknown,
): Promise<Invoked> {
  const instance = pool.take(local);
  const requestId = randomUUID();
  const began = performance.now();
  const outcome = await instance.run(event, {
    awsRequestId: requestId,
    functionName: local.name,
    functionVersion: local.version,
    invokedFunctionArn: invokedArn,
    memoryLimitInMB: String(local.memoryMb),
    logGroupName: local.logGroup,
    logStreamName: 'local',
  });
  pool.giveBack(local, instance);
  return { ...outcome, requestId, durationMs: performance.now() - began };
}
