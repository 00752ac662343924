import * as z from 'zod';
import { openAppendLog } from '../../journal/append-log.ts';

const mapRunSchema = z.object({
  arn: z.string(),
  executionArn: z.string(),
  machineArn: z.string(),
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED']),
  startDate: z.number(),
  stopDate: z.number().nullable(),
  total: z.number(),
  maxConcurrency: z.number(),
  toleratedFailurePercentage: z.number(),
  toleratedFailureCount: z.number(),
  redriveCount: z.number(),
  redriveDate: z.number().nullable(),
});

/** A distributed Map's run; its children are executions of their own. */
export type MapRun = z.infer<typeof mapRunSchema>;

export type MapRuns = ReturnType<typeof openMapRuns>;

/** The map runs that were ever started. */
export function openMapRuns(file: string) {
  const log = openAppendLog(file, mapRunSchema, (run) => run.arn);
  return {
    get: (arn: string): MapRun | undefined => log.get(arn),
    ofExecution: (arn: string): MapRun[] => [...log.values()].filter((run) => run.executionArn === arn),
    put: (run: MapRun): void => log.put(run),
    /** Ends a run that is still open. */
    end: (arn: string, status: MapRun['status'], stopDate: number): void => {
      const run = log.get(arn);
      if (run?.status === 'RUNNING') log.put({ ...run, status, stopDate });
    },
    close: (): void => log.close(),
  };
}
