import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { ApiError } from '../model/api-error.ts';
import type { ExecutionSummary } from '../engine/execution-index.ts';
import type { HistoryEvent } from '../journal/history.ts';
import { isObject, type Json } from '../model/json.ts';
import { operation, page, paging, payload, seconds, type StatesOperation, type Service } from './operation.ts';
import { redrivability } from '../engine/redrive.ts';
import { statusSchema } from '../journal/record.ts';

/** The actions on executions. */
export const executionOperations: Readonly<Record<string, StatesOperation>> = {
  StartExecution: operation(
    z.object({
      stateMachineArn: z.string(),
      name: z.string().optional(),
      input: z.string().optional(),
      traceHeader: z.string().optional(),
    }),
    ({ executions }, { stateMachineArn, name, input }) => {
      const started = executions.start({
        machineArn: stateMachineArn,
        name: name ?? randomUUID(),
        input: payload(input ?? '{}', 'InvalidExecutionInput'),
      });
      return { executionArn: started.arn, startDate: seconds(started.startDate) };
    },
  ),
  DescribeExecution: operation(
    z.object({ executionArn: z.string(), includedData: z.string().optional() }),
    (service, { executionArn }) => describeExecution(service, executionArn),
  ),
  ListExecutions: operation(
    z.object({
      stateMachineArn: z.string().optional(),
      mapRunArn: z.string().optional(),
      statusFilter: z.union([statusSchema, z.literal('PENDING_REDRIVE')]).optional(),
      redriveFilter: z.enum(['REDRIVEN', 'NOT_REDRIVEN']).optional(),
      ...paging,
    }),
    ({ executions, machines }, { stateMachineArn, mapRunArn, statusFilter, redriveFilter, ...request }) => {
      if ((stateMachineArn === undefined) === (mapRunArn === undefined)) {
        throw new ApiError('ValidationException', 'Either a state machine ARN or a map run ARN must be specified');
      }
      if (stateMachineArn !== undefined) machines.started(stateMachineArn);
      const wanted = executions
        .summaries()
        .filter((one) => (mapRunArn ? one.mapRunArn === mapRunArn : isDirect(one, stateMachineArn)))
        .filter((one) => statusFilter === undefined || one.status === statusFilter)
        .filter((one) => redriveFilter === undefined || (redriveFilter === 'REDRIVEN') === one.redriveCount > 0)
        .reverse();
      const { items, nextToken } = page(wanted, request);
      return { executions: items.map(listed), nextToken };
    },
  ),
  StopExecution: operation(
    z.object({ executionArn: z.string(), error: z.string().optional(), cause: z.string().optional() }),
    ({ executions, clock }, { executionArn, error, cause }) => {
      executions.summaryOf(executionArn);
      executions.stop(executionArn, error, cause);
      return { stopDate: seconds(executions.summaryOf(executionArn).stopDate ?? clock.now()) };
    },
  ),
  RedriveExecution: operation(
    z.object({ executionArn: z.string(), clientToken: z.string().optional() }),
    (service, { executionArn }) => {
      const { status, reason } = redriveStatus(service, service.executions.summaryOf(executionArn));
      if (status !== 'REDRIVABLE') {
        throw new ApiError('ExecutionNotRedrivable', `Execution is ${status}: ${reason ?? ''}`);
      }
      const redriven = service.executions.redrive(executionArn);
      return { redriveDate: seconds(redriven.redriveDate ?? service.clock.now()) };
    },
  ),
  GetExecutionHistory: operation(
    z.object({
      executionArn: z.string(),
      reverseOrder: z.boolean().optional(),
      includeExecutionData: z.boolean().optional(),
      ...paging,
    }),
    ({ executions }, { executionArn, reverseOrder = false, includeExecutionData = true, ...request }) => {
      const events = executions.history(executionArn);
      const { items, nextToken } = page(reverseOrder ? events.reverse() : events, request);
      return { events: items.map((event) => listedEvent(event, includeExecutionData)), nextToken };
    },
  ),
};

/** Executions of the machine, or of the version, itself; those of its map runs are listed by map run. */
function isDirect(summary: ExecutionSummary, arn: string | undefined): boolean {
  return (summary.machineArn === arn || summary.versionArn === arn) && summary.mapRunArn === null;
}

function listed(summary: ExecutionSummary): object {
  const { stopDate, redriveDate } = summary;
  return {
    executionArn: summary.arn,
    stateMachineArn: summary.machineArn,
    stateMachineVersionArn: summary.versionArn ?? undefined,
    name: summary.name,
    status: summary.status,
    startDate: seconds(summary.startDate),
    stopDate: stopDate === null ? undefined : seconds(stopDate),
    mapRunArn: summary.mapRunArn ?? undefined,
    redriveCount: summary.redriveCount,
    redriveDate: redriveDate === null ? undefined : seconds(redriveDate),
  };
}

function redriveStatus({ executions, clock }: Service, summary: ExecutionSummary) {
  return redrivability(summary, executions.load(summary.arn).lastEventId, clock.now());
}

function describeExecution(service: Service, arn: string): object {
  const summary = service.executions.summaryOf(arn);
  const { start, end } = service.executions.load(arn);
  const { status, reason } = redriveStatus(service, summary);
  const output = end?.output === undefined ? undefined : JSON.stringify(end.output);
  return {
    ...listed(summary),
    input: JSON.stringify(start.input),
    inputDetails: { included: true },
    output,
    outputDetails: output === undefined ? undefined : { included: true },
    error: end?.error,
    cause: end?.cause,
    redriveStatus: status,
    redriveStatusReason: reason,
  };
}

const DATA: ReadonlySet<string> = new Set(['input', 'output', 'parameters']);

function listedEvent({ timestamp, ...event }: HistoryEvent, withData: boolean): object {
  const members = withData
    ? event
    : Object.fromEntries(Object.entries(event).map(([key, value]) => [key, bare(value)]));
  return { ...members, timestamp: seconds(timestamp) };
}

function bare(details: Json): Json {
  if (!isObject(details)) return details;
  return Object.fromEntries(Object.entries(details).filter(([key]) => !DATA.has(key)));
}
