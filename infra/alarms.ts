import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Configuration } from './configuration.ts';
import type { Data } from './data.ts';

interface Rule {
  readonly name: string;
  readonly why: string;
  readonly metric: Metric | MathExpression;
  readonly above: number;
}

/** The alarms of the migration itself; thresholds are the plan's. */
export class Alarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    configuration: Configuration,
    data: Data,
    machines: ReadonlyMap<string, StateMachine>,
  ) {
    super(scope, id);
    const { plan } = configuration;
    const action = new SnsAction(data.gates);
    const rules: Rule[] = [
      rule(
        'mismatches',
        'A verification found more differing rows than the plan allows: runbooks/verification.md',
        own('MismatchPercent', 'Maximum'),
        plan.window.alarmPercent,
      ),
      rule(
        'large-items',
        `Items over ${plan.sizes.alarmBytes} bytes: move a column to S3 (plan: large)`,
        own('ItemsOverAlarm', 'Maximum'),
        0,
      ),
      rule(
        'search-capacity',
        'One search reads too much: give it an index instead of a filter',
        own('SearchCapacity', 'Maximum'),
        plan.search.maxRcuPerSearch,
      ),
      rule(
        'parked',
        'The relay could not apply a change: gates stay closed until it is resolved',
        own('Parked', 'Maximum'),
        0,
      ),
      rule(
        'old-intents',
        'A dual write is in doubt for minutes: look at the sweeper',
        own('OldestIntentSeconds', 'Maximum'),
        300,
      ),
      rule('dynamodb-errors', 'Reads from DynamoDB fail', errorRate('dynamodb'), plan.cutover.maxErrorRate * 100),
      rule(
        'dynamodb-latency',
        'Reads from DynamoDB are slower than PostgreSQL by more than the plan allows',
        latencyRatio(),
        plan.cutover.maxLatencyRatio,
      ),
      rule(
        'read-throttles',
        'DynamoDB throttles reads: runbooks/recover-performance.md',
        table(data, 'ReadThrottleEvents'),
        0,
      ),
      rule(
        'write-throttles',
        'DynamoDB throttles writes: runbooks/recover-performance.md',
        table(data, 'WriteThrottleEvents'),
        0,
      ),
    ];
    const migration = machines.get('migration');
    if (migration) {
      rules.push(
        rule(
          'migration-failed',
          'The migration stopped: look at its execution, then runbooks',
          migration.metricFailed({ period: Duration.minutes(5) }),
          0,
        ),
      );
    }
    for (const { name, why, metric, above } of rules) {
      new Alarm(this, name, {
        alarmName: `portage-${plan.name}-${name}`,
        alarmDescription: why,
        metric,
        threshold: above,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }).addAlarmAction(action);
    }
  }
}

function rule(name: string, why: string, metric: Metric | MathExpression, above: number): Rule {
  return { name, why, metric, above };
}

/** A metric of the client or of a task (src/adapters/cloudwatch/metrics.ts). */
function own(metricName: string, statistic: string, dimensionsMap: Record<string, string> = {}): Metric {
  return new Metric({ namespace: 'Portage', metricName, statistic, dimensionsMap, period: Duration.minutes(5) });
}

function table(data: Data, metricName: string): Metric {
  return new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    statistic: 'Sum',
    dimensionsMap: { TableName: data.table.tableName },
    period: Duration.minutes(5),
  });
}

function errorRate(store: string): MathExpression {
  return new MathExpression({
    expression: '100 * errors / reads',
    usingMetrics: { errors: own('ReadErrors', 'Sum', { Store: store }), reads: own('Reads', 'Sum', { Store: store }) },
    period: Duration.minutes(5),
    label: `read errors ${store} (%)`,
  });
}

function latencyRatio(): MathExpression {
  return new MathExpression({
    expression: 'target / source',
    usingMetrics: {
      target: own('ReadLatency', 'p99', { Store: 'dynamodb' }),
      source: own('ReadLatency', 'p99', { Store: 'postgres' }),
    },
    period: Duration.minutes(5),
    label: 'p99 of DynamoDB against PostgreSQL',
  });
}
