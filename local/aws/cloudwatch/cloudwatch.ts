import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type z, ZodError } from 'zod';
import type { Part } from '../../process/part.ts';
import { closeServer, httpServer, listen } from '../../process/free-port.ts';
import { oneLine } from '../../process/startup-error.ts';
import type { DeployedAlarm } from '../../template/deployment.ts';
import { type AlarmChange, Alarms } from './alarms.ts';
import {
  describeRequest,
  getRequest,
  listRequest,
  type Observation,
  observationsOf,
  putRequest,
} from './metric-data.ts';
import { MetricLog } from './metric-log.ts';
import { compute, isStatistic } from './statistic.ts';
import { readCall } from './wire.ts';

export interface CloudWatchOptions {
  readonly directory: string;
  /** Sets the time of data that arrive without one. */
  readonly now: () => number;
  readonly port?: number;
  readonly alarms?: readonly DeployedAlarm[];
  /** Told of every change of an alarm's state. */
  readonly onAlarm?: (change: AlarmChange) => void;
}

export interface CloudWatch extends Part {
  /** Takes what a service of the stack measures of itself. */
  put(namespace: string, data: readonly Datum[]): void;
  /** Waits until the alarms have seen all that has arrived. */
  settled(): Promise<void>;
}

type Datum = NonNullable<z.input<typeof putRequest>['MetricData']>[number];

class CallRefused extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * Starts a CloudWatch with PutMetricData, GetMetricData (single statistics, no expressions), ListMetrics, DescribeAlarms and the
 * alarms of the template. Unlike AWS a value is readable at once, and a query counts only values inside its window to the millisecond.
 */
export async function startCloudWatch(options: CloudWatchOptions): Promise<CloudWatch> {
  const log = new MetricLog(join(options.directory, 'metrics.jsonl'));
  const alarms = new Alarms({
    alarms: options.alarms ?? [],
    file: join(options.directory, 'alarms.json'),
    read: (metric, from, to) => log.between(metric, from, to),
    now: options.now,
    onChange: options.onAlarm ?? (() => undefined),
    onError: (error) => console.error(error),
  });
  const put = (request: unknown): void => {
    const records = observationsOf(putRequest.parse(request), options.now());
    log.add(records);
    alarms.evaluate(records.map(({ metric }) => metric));
  };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await readCall(request);
    try {
      const output = answer({ log, alarms, put }, call.operation, call.input);
      response.writeHead(200, call.headers).end(call.write(output));
    } catch (error) {
      const [name, message] = refusalOf(error);
      response.writeHead(400, call.headers).end(call.write({ __type: name, message, Message: message }));
    }
  };
  const server = httpServer((request, response) => {
    respond(request, response).catch(() => response.writeHead(400).end());
  });
  const endpoint = await listen(server, options.port ?? 0, 'CloudWatch');
  return {
    name: 'cloudwatch',
    endpoint,
    put: (Namespace, MetricData) => put({ Namespace, MetricData }),
    settled: () => alarms.settled(),
    stop: async () => {
      await closeServer(server);
      await alarms.stop();
    },
  };
}

interface Store {
  readonly log: MetricLog;
  readonly alarms: Alarms;
  readonly put: (request: unknown) => void;
}

function answer({ log, alarms, put }: Store, operation: string, input: unknown): object {
  switch (operation) {
    case 'PutMetricData':
      put(input);
      return {};
    case 'GetMetricData':
      return getMetricData(log, input);
    case 'ListMetrics':
      return listMetrics(log, input);
    case 'DescribeAlarms':
      return describeAlarms(alarms, input);
    default:
      throw new CallRefused('UnknownOperationException', `${operation} does not run locally`);
  }
}

function getMetricData(log: MetricLog, input: unknown): object {
  const request = getRequest.parse(input);
  const MetricDataResults = request.MetricDataQueries.filter(({ ReturnData }) => ReturnData !== false).map((query) => {
    const { Metric, Period, Stat } = query.MetricStat;
    if (!isStatistic(Stat)) throw new CallRefused('ValidationError', `statistic ${Stat} does not run locally`);
    const metric = { namespace: Metric.Namespace, name: Metric.MetricName, dimensions: Metric.Dimensions };
    const periods = new Map<number, Observation[]>();
    for (const observation of log.between(metric, request.StartTime, request.EndTime)) {
      const start = Math.floor(observation.at / (Period * 1000)) * Period * 1000;
      const group = periods.get(start);
      if (group === undefined) periods.set(start, [observation]);
      else group.push(observation);
    }
    const direction = request.ScanBy === 'TimestampAscending' ? 1 : -1;
    const points = [...periods]
      .toSorted(([a], [b]) => (a - b) * direction)
      .flatMap(([start, observations]) => {
        const value = compute(Stat, observations);
        return value === null ? [] : [{ start, value }];
      });
    return {
      Id: query.Id,
      Label: query.Label ?? Metric.MetricName,
      Timestamps: points.map(({ start }) => new Date(start)),
      Values: points.map(({ value }) => value),
      StatusCode: 'Complete',
    };
  });
  return { MetricDataResults, Messages: [] };
}

function listMetrics(log: MetricLog, input: unknown): object {
  const request = listRequest.parse(input);
  const Metrics = log
    .metrics()
    .filter(
      ({ namespace, name, dimensions }) =>
        namespace === (request.Namespace ?? namespace) &&
        name === (request.MetricName ?? name) &&
        request.Dimensions.every((asked) =>
          dimensions.some(({ Name, Value }) => Name === asked.Name && Value === (asked.Value ?? Value)),
        ),
    )
    .map(({ namespace, name, dimensions }) => ({ Namespace: namespace, MetricName: name, Dimensions: dimensions }));
  return { Metrics };
}

function describeAlarms(alarms: Alarms, input: unknown): object {
  const { AlarmNames, AlarmNamePrefix, StateValue } = describeRequest.parse(input);
  const MetricAlarms = alarms
    .describe()
    .filter(
      ({ alarm, state }) =>
        (AlarmNames === undefined || AlarmNames.includes(alarm.name)) &&
        alarm.name.startsWith(AlarmNamePrefix) &&
        state === (StateValue ?? state),
    )
    .map(({ alarm, state, reason, at }) => ({
      AlarmName: alarm.name,
      AlarmArn: alarm.arn,
      AlarmDescription: alarm.description,
      ActionsEnabled: true,
      AlarmActions: alarm.actions.ALARM,
      OKActions: alarm.actions.OK,
      InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
      StateValue: state,
      StateReason: reason,
      StateUpdatedTimestamp: new Date(at),
      EvaluationPeriods: alarm.evaluationPeriods,
      DatapointsToAlarm: alarm.datapointsToAlarm,
      Threshold: alarm.threshold,
      ComparisonOperator: alarm.comparison,
      TreatMissingData: alarm.missingData,
    }));
  return { MetricAlarms, CompositeAlarms: [] };
}

function refusalOf(error: unknown): [name: string, message: string] {
  if (error instanceof CallRefused) return [error.name, error.message];
  const [issue] = error instanceof ZodError ? error.issues : [];
  return ['InvalidParameterValueException', issue ? `${issue.path.join('.')}: ${issue.message}` : oneLine(error)];
}
