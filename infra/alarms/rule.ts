import { Duration } from 'aws-cdk-lib';
import { type MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';

/** The phases of the migration, each with a composite alarm; `always` counts in all of them. */
export const ALARM_PHASES = ['auth', 'dual-write', 'cutover', 'decommission'] as const;
export type AlarmPhase = (typeof ALARM_PHASES)[number] | 'always';

/** One alarm: what it watches, and what to do when it sounds. */
export interface AlarmRule {
  readonly name: string;
  readonly phase: AlarmPhase;
  readonly why: string;
  /** A file in runbooks/, without its extension. */
  readonly runbook: string;
  readonly metric: Metric | MathExpression;
  /** The alarm sounds above this value, or below it where `below` is given. */
  readonly limit: { readonly above: number } | { readonly below: number };
  /** Periods in a row before it sounds; 1 if it is not given. */
  readonly periods?: number;
  readonly missing?: TreatMissingData;
}

/** A metric that the client or a function sends (src/adapters/cloudwatch/metrics.ts). */
export type OwnMetric = (metricName: string, statistic: string, dimensions?: Record<string, string>) => Metric;

/** Metrics of this namespace, by five minutes. */
export function ownMetrics(namespace: string): OwnMetric {
  return (metricName, statistic, dimensionsMap = {}) =>
    new Metric({ namespace, metricName, statistic, dimensionsMap, period: Duration.minutes(5) });
}

/** A count per five minutes. */
export function summed(metric: Metric): Metric {
  return metric.with({ statistic: 'Sum', period: Duration.minutes(5) });
}

/** An alarm for what did not happen: fewer than one in all of the periods, and no data counts as none. */
export function silence(
  about: Pick<AlarmRule, 'name' | 'phase' | 'why' | 'runbook'>,
  metric: Metric,
  period: Duration,
  periods: number,
): AlarmRule {
  return {
    ...about,
    metric: metric.with({ statistic: 'Sum', period }),
    limit: { below: 1 },
    periods,
    missing: TreatMissingData.BREACHING,
  };
}
