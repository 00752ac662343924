import type { CloudWatch } from '../aws/cloudwatch/cloudwatch.ts';
import type { ExecutionSummary } from '../aws/states/engine/execution-index.ts';

const OUTCOMES: Readonly<Record<ExecutionSummary['status'], string>> = {
  RUNNING: 'ExecutionsStarted',
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

/** What Step Functions measures of an execution that starts or ends. */
export function measureExecution(cloudWatch: Pick<CloudWatch, 'put'>, execution: ExecutionSummary): void {
  const { machineArn, status, startDate, stopDate, mapRunArn } = execution;
  if (mapRunArn !== null) return;
  const Dimensions = [{ Name: 'StateMachineArn', Value: machineArn }];
  cloudWatch.put('AWS/States', [
    { MetricName: OUTCOMES[status], Dimensions, Value: 1 },
    ...(stopDate === null ? [] : [{ MetricName: 'ExecutionTime', Dimensions, Value: stopDate - startDate }]),
  ]);
}
