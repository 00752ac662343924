/* oxlint-disable no-new -- a construct adds itself to its scope */
import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
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
    functions: ReadonlyMap<string, LambdaFunction>,
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
        'missed',
        'Capture could not record a change: the row is repaired by its key; see runbooks/dual-write.md',
        own('Missed', 'Maximum'),
        0,
      ),
      rule(
        'schema',
        'The source was changed in a way that the plan does not let pass: the rollback returns reads to PostgreSQL; see runbooks/ddl.md',
        own('SchemaHalts', 'Maximum'),
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
        latencyRatio(plan.cutover.toleratedP99Ms),
        plan.cutover.maxLatencyRatio,
      ),
      ...throttles(configuration, data),
    ];
    // Nothing else reports these: the first three run by the clock, the last one answers Cognito.
    for (const name of ['relay', 'sweep', 'watch-schema', 'migrate-user']) {
      const lambda = functions.get(name);
      if (lambda)
        rules.push(
          rule(
            `${name}-errors`,
            `The function portage-${name} fails: look at its log`,
            failures(lambda.metricErrors()),
            0,
          ),
        );
    }
    const migration = machines.get('migration');
    if (migration) {
      const why = 'The migration stopped: look at its execution, then at runbooks/README.md';
      rules.push(rule('migration-failed', why, failures(migration.metricFailed()), 0));
    }
    const verify = machines.get('verify');
    if (verify) {
      const why = 'A verification stopped without a verdict: runbooks/verification.md';
      rules.push(rule('verification-failed', why, failures(verify.metricFailed()), 0));
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

function failures(metric: Metric): Metric {
  return metric.with({ statistic: 'Sum', period: Duration.minutes(5) });
}

/** Throttles of the table and of each index: DynamoDB counts them apart. */
function throttles({ plan }: Configuration, data: Data): Rule[] {
  return ['', ...plan.table.indexes].flatMap((index) =>
    (['read', 'write'] as const).map((kind) => {
      const metric = new Metric({
        namespace: 'AWS/DynamoDB',
        metricName: kind === 'read' ? 'ReadThrottleEvents' : 'WriteThrottleEvents',
        statistic: 'Sum',
        dimensionsMap: {
          TableName: data.table.tableName,
          ...(index === '' ? {} : { GlobalSecondaryIndexName: index }),
        },
        period: Duration.minutes(5),
      });
      const where = index === '' ? '' : ` of index ${index}`;
      const why = `DynamoDB throttles ${kind}s${where}: runbooks/recover-performance.md`;
      return rule(`${kind}-throttles${index === '' ? '' : `-${index}`}`, why, metric, 0);
    }),
  );
}

function errorRate(store: string): MathExpression {
  return new MathExpression({
    expression: '100 * errors / reads',
    usingMetrics: { errors: own('ReadErrors', 'Sum', { Store: store }), reads: own('Reads', 'Sum', { Store: store }) },
    period: Duration.minutes(5),
    label: `read errors ${store} (%)`,
  });
}

/** What the plan tolerates counts as no ratio at all. */
function latencyRatio(toleratedMs: number): MathExpression {
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
