import * as z from 'zod';
import { ApiError } from '../model/api-error.ts';
import type { MapRun } from '../engine/run/map-run.ts';
import { operation, page, paging, seconds, type StatesOperation, type Service } from './operation.ts';

/** The actions on the runs of distributed Maps. */
export const mapRunOperations: Readonly<Record<string, StatesOperation>> = {
  ListMapRuns: operation(
    z.object({ executionArn: z.string(), ...paging }),
    ({ mapRuns, executions }, { executionArn, ...request }) => {
      executions.summaryOf(executionArn);
      const { items, nextToken } = page(mapRuns.ofExecution(executionArn).reverse(), request);
      const listed = items.map((run) => ({
        executionArn: run.executionArn,
        mapRunArn: run.arn,
        stateMachineArn: run.machineArn,
        startDate: seconds(run.startDate),
        stopDate: run.stopDate === null ? undefined : seconds(run.stopDate),
      }));
      return { mapRuns: listed, nextToken };
    },
  ),
  DescribeMapRun: operation(z.object({ mapRunArn: z.string() }), (service, { mapRunArn }) => {
    const run = service.mapRuns.get(mapRunArn);
    if (!run) throw new ApiError('ResourceNotFound', `Resource not found: '${mapRunArn}'`);
    const counts = countsOf(service, run);
    return {
      mapRunArn,
      executionArn: run.executionArn,
      status: run.status,
      startDate: seconds(run.startDate),
      stopDate: run.stopDate === null ? undefined : seconds(run.stopDate),
      maxConcurrency: run.maxConcurrency,
      toleratedFailurePercentage: run.toleratedFailurePercentage,
      toleratedFailureCount: run.toleratedFailureCount,
      redriveCount: run.redriveCount,
      redriveDate: run.redriveDate === null ? undefined : seconds(run.redriveDate),
      // Without batches every item is one execution.
      itemCounts: counts,
      executionCounts: counts,
    };
  }),
};

function countsOf({ executions }: Service, run: MapRun): object {
  const children = executions.summaries().filter(({ mapRunArn }) => mapRunArn === run.arn);
  const count = (status: string): number => children.filter((child) => child.status === status).length;
  return {
    pending: run.total - children.length,
    running: count('RUNNING'),
    succeeded: count('SUCCEEDED'),
    failed: count('FAILED'),
    timedOut: count('TIMED_OUT'),
    aborted: count('ABORTED'),
    total: run.total,
    resultsWritten: 0,
  };
}
