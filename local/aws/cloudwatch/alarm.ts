import type { AlarmState, DeployedAlarm } from '../../template/deployment.ts';
import { type MetricMath, metricMath, type Value } from './expression.ts';
import type { MetricName, Observation } from './metric-data.ts';
import { compute, isStatistic } from './statistic.ts';

/** Reads observations of a metric with `from <= at < to`, in milliseconds. */
export type ReadMetric = (metric: MetricName, from: number, to: number) => readonly Observation[];

/** An alarm that can be evaluated. */
export interface Alarm {
  readonly deployed: DeployedAlarm;
  readonly metrics: readonly MetricName[];
  /** The state at this time, and why; the present one is kept where missing data are ignored. */
  evaluate(read: ReadMetric, now: number, present: AlarmState): Promise<Evaluation>;
}

export interface Evaluation {
  readonly state: AlarmState;
  readonly reason: string;
}

type Datapoint = (read: ReadMetric, now: number) => Promise<Value>;

/** Prepares an alarm. Throws one line that names the alarm and what of it does not run here. */
export function alarmOf(deployed: DeployedAlarm): Alarm {
  const { name, queries, periodSeconds, evaluationPeriods } = deployed;
  const compared = queries.find((query) => query.compared);
  if (compared === undefined) throw new Error(`the alarm ${name} compares nothing`);
  const datapoint = about(name, () => datapointOf(compared.id, deployed));
  return {
    deployed,
    metrics: queries.flatMap((query) => ('metric' in query ? [query.metric] : [])),
    evaluate: async (read, now, present) => {
      const values: Value[] = [];
      for (let back = 0; back < evaluationPeriods; back++)
        values.push(await datapoint(read, now - back * periodSeconds * 1000));
      return decide(deployed, values, present);
    },
  };
}

/** The value of a query in the period that ends now. */
function datapointOf(id: string, alarm: DeployedAlarm): Datapoint {
  const query = alarm.queries.find((one) => one.id === id);
  if (query === undefined) throw new Error(`has no query ${id}`);
  if ('metric' in query) {
    const { metric, periodSeconds, statistic } = query;
    if (!isStatistic(statistic)) throw new Error(`the statistic ${statistic} does not run locally`);
    return async (read, now) => compute(statistic, read(metric, now - periodSeconds * 1000, now)) ?? undefined;
  }
  const math: MetricMath = metricMath(query.expression, new Set(alarm.queries.map((one) => one.id)));
  if (math.ids.includes(id)) throw new Error(`the expression ${id} refers to itself`);
  const parts = math.ids.map((part) => [part, datapointOf(part, alarm)] as const);
  return async (read, now) => {
    const values = new Map<string, Value>();
    for (const [part, datapoint] of parts) values.set(part, await datapoint(read, now));
    return math.evaluate(values);
  };
}

/** The rule of M out of N datapoints, with what the alarm says of missing ones. */
function decide(alarm: DeployedAlarm, values: readonly Value[], present: AlarmState): Evaluation {
  const { missingData, datapointsToAlarm, threshold, comparison } = alarm;
  const there = values.filter((value) => value !== undefined);
  const breaching = there.filter((value) => COMPARE[comparison](value, threshold)).length;
  const missing = values.length - there.length;
  if (breaching + (missingData === 'breaching' ? missing : 0) >= datapointsToAlarm)
    return {
      state: 'ALARM',
      reason: `Threshold crossed: ${breaching} of ${values.length} datapoints [${there.join(', ')}], ${missing} missing, ${comparison} ${threshold}.`,
    };
  if (there.length === 0 && missingData === 'missing')
    return { state: 'INSUFFICIENT_DATA', reason: `${missing} datapoints are missing.` };
  if (there.length === 0 && missingData === 'ignore')
    return { state: present, reason: 'Missing datapoints keep the state.' };
  return { state: 'OK', reason: `${there.length} datapoints [${there.join(', ')}], ${missing} missing: no alarm.` };
}

const COMPARE: Readonly<Record<DeployedAlarm['comparison'], (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

function about<Result>(alarm: string, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw new Error(`the alarm ${alarm}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
