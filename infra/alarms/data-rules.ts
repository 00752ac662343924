import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Configuration } from '../configuration.ts';
import type { Data } from '../data.ts';
import { type AlarmPhase, type AlarmRule, type OwnMetric, ownMetrics } from './rule.ts';

/** Alarms on what the client and the functions measure; thresholds are the plan's where it has one. */
export function dataRules(
  { plan, maxDollarsPerDay, metricNamespace }: Configuration,
  data: Data,
): readonly AlarmRule[] {
  const { cutover, sizes, search, window } = plan;
  const own = ownMetrics(metricNamespace);
  const highest = highestOf(own);
  const allowed = `more than ${window.alarmPercent} % of the rows differ`;
  return [
    highest('mismatches', 'MismatchPercent', window.alarmPercent, 'dual-write', 'verification', allowed),
    highest('unverified', 'Unverified', 0, 'dual-write', 'verification', 'A night left rows unverified'),
    highest(
      'large-items',
      'ItemsOverAlarm',
      0,
      'dual-write',
      'verification',
      `Items exceed ${sizes.alarmBytes} bytes: move a column to S3 (plan: large)`,
    ),
    highest(
      'search-capacity',
      'SearchCapacity',
      search.maxRcuPerSearch,
      'cutover',
      'recover-cost',
      'One search reads too much: give it an index instead of a filter',
    ),
    highest('parked', 'Parked', 0, 'dual-write', 'dual-write', 'The relay could not apply a change: gates stay closed'),
    highest('missed', 'Missed', 0, 'dual-write', 'dual-write', 'Capture could not record a change of a row'),
    highest('schema', 'SchemaHalts', 0, 'dual-write', 'ddl', 'The source was changed in a way that the plan forbids'),
    highest('old-intents', 'OldestIntentSeconds', 300, 'dual-write', 'dual-write', 'A dual write is in doubt'),
    highest('backlog', 'Backlog', 10_000, 'dual-write', 'dual-write', 'Changes wait to reach DynamoDB'),
    highest('backlog-age', 'BacklogAgeSeconds', 300, 'dual-write', 'dual-write', 'The oldest change does not move on'),
    highest('gate-waiting', 'GateWaitingSeconds', 3600, 'always', 'gates', 'A gate waits for a decision'),
    highest('uncovered-users', 'UncoveredUsers', 0, 'auth', 'auth', 'Users are missing in the pool'),
    {
      name: 'write-errors',
      phase: 'dual-write',
      why: 'Writes through the client fail',
      runbook: 'dual-write',
      metric: new MathExpression({
        expression: '100 * errors / (errors + writes)',
        usingMetrics: { errors: own('WriteErrors', 'Sum'), writes: own('Writes', 'Sum') },
        period: Duration.minutes(5),
        label: 'write errors (%)',
      }),
      limit: { above: cutover.maxErrorRate * 100 },
    },
    {
      name: 'dynamodb-errors',
      phase: 'cutover',
      why: 'Reads from DynamoDB fail',
      runbook: 'recover-performance',
      metric: readErrorRate(own, 'dynamodb'),
      limit: { above: cutover.maxErrorRate * 100 },
    },
    {
      name: 'dynamodb-latency',
      phase: 'cutover',
      why: 'Reads from DynamoDB are slower than PostgreSQL by more than the plan allows',
      runbook: 'recover-performance',
      metric: latencyRatio(own, cutover.toleratedP99Ms),
      limit: { above: cutover.maxLatencyRatio },
    },
    {
      name: 'spend',
      phase: 'cutover',
      why: `Requests to the table cost more than ${maxDollarsPerDay} dollars a day`,
      runbook: 'recover-cost',
      metric: own('SpendDollars', 'Sum').with({ period: Duration.days(1) }),
      limit: { above: maxDollarsPerDay },
    },
    ...['', ...plan.table.indexes].flatMap((index) => throttleRules(data, index)),
  ];
}

/** Alarms on the highest value of one of our metrics. */
function highestOf(own: OwnMetric) {
  return (
    name: string,
    metricName: string,
    above: number,
    phase: AlarmPhase,
    runbook: string,
    why: string,
  ): AlarmRule => ({ name, phase, why, runbook, metric: own(metricName, 'Maximum'), limit: { above } });
}

/** Throttles of the table or of one index, and those of a single partition: DynamoDB counts each apart. */
function throttleRules(data: Data, index: string): readonly AlarmRule[] {
  const [suffix, where] = index === '' ? ['', ''] : [`-${index}`, ` of index ${index}`];
  const rule = (name: string, metricName: string, why: string): AlarmRule => ({
    name: `${name}${suffix}`,
    phase: 'cutover',
    why: `${why}${where}`,
    runbook: 'recover-performance',
    metric: tableMetric(data, metricName, index === '' ? {} : { GlobalSecondaryIndexName: index }),
    limit: { above: 0 },
  });
  return [
    rule('read-throttles', 'ReadThrottleEvents', 'DynamoDB throttles reads'),
    rule('write-throttles', 'WriteThrottleEvents', 'DynamoDB throttles writes'),
    rule('read-heat', 'ReadKeyRangeThroughputThrottleEvents', 'One partition gets too many reads'),
    rule('write-heat', 'WriteKeyRangeThroughputThrottleEvents', 'One partition gets too many writes'),
  ];
}

function tableMetric(data: Data, metricName: string, more: Record<string, string> = {}): Metric {
  return new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    statistic: 'Sum',
    dimensionsMap: { TableName: data.table.tableName, ...more },
    period: Duration.minutes(5),
  });
}

function readErrorRate(own: OwnMetric, store: string): MathExpression {
  const metric = (name: string) => own(name, 'Sum', { Store: store });
  return new MathExpression({
    expression: '100 * errors / reads',
    usingMetrics: { errors: metric('ReadErrors'), reads: metric('Reads') },
    period: Duration.minutes(5),
    label: `read errors ${store} (%)`,
  });
}

/** What the plan tolerates counts as no ratio at all. */
function latencyRatio(own: OwnMetric, toleratedMs: number): MathExpression {
  return new MathExpression({
    expression: `IF(target > ${toleratedMs}, target / source, 0)`,
    usingMetrics: {
      target: own('ReadLatency', 'p99', { Store: 'dynamodb' }),
      source: own('ReadLatency', 'p99', { Store: 'postgres' }),
    },
    period: Duration.minutes(5),
    label: 'p99 of DynamoDB against PostgreSQL',
  });
}
