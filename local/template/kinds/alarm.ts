import * as z from 'zod';
import type { AlarmQuery } from '../deployment.ts';
import { count, generatedName, resourceKind, TAGS, withoutEffect } from './resource-kind.ts';

const dimensions = z.array(z.strictObject({ Name: z.string(), Value: z.string() })).default([]);
const arns = z.array(z.string()).default([]);

const query = z.strictObject({
  Id: z.string(),
  Label: withoutEffect('for people'),
  Expression: z.string().optional(),
  MetricStat: z
    .strictObject({
      Metric: z.strictObject({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensions }),
      Period: count,
      Stat: z.string(),
      Unit: withoutEffect('all values of a metric have one unit'),
    })
    .optional(),
  Period: count.optional(),
  ReturnData: z.boolean().default(true),
});

const properties = z.strictObject({
  AlarmName: z.string().optional(),
  AlarmDescription: z.string().default(''),
  ActionsEnabled: z.literal(true, 'alarms of this machine always act').default(true),
  AlarmActions: arns,
  OKActions: arns,
  InsufficientDataActions: arns,
  ComparisonOperator: z.enum([
    'GreaterThanThreshold',
    'GreaterThanOrEqualToThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  Threshold: z.number(),
  EvaluationPeriods: count,
  DatapointsToAlarm: count.optional(),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']).default('missing'),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensions,
  Period: count.optional(),
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
  Unit: withoutEffect('all values of a metric have one unit'),
  Metrics: z.array(query).default([]),
  Tags: TAGS,
});

export const alarm = resourceKind({
  properties,
  identify: (naming) => {
    const name = naming.property('AlarmName') ?? generatedName(naming, 255);
    return { ref: name, attributes: { Arn: `arn:aws:cloudwatch:${naming.region}:${naming.account}:alarm:${name}` } };
  },
  read: (given, { logicalId, ref, attributes }) => {
    const queries = given.Metrics.length === 0 ? [ownMetric(given)] : given.Metrics.map(queryOf);
    if (queries.filter(({ compared }) => compared).length !== 1)
      throw new Error('compares no metric, or several, with its threshold: one of Metrics returns data');
    const periods = queries.flatMap((one) => ('periodSeconds' in one ? [one.periodSeconds] : []));
    return [
      {
        kind: 'alarm',
        logicalId,
        name: ref,
        arn: attributes['Arn'] ?? '',
        description: given.AlarmDescription,
        actions: { OK: given.OKActions, ALARM: given.AlarmActions, INSUFFICIENT_DATA: given.InsufficientDataActions },
        comparison: given.ComparisonOperator,
        threshold: given.Threshold,
        evaluationPeriods: given.EvaluationPeriods,
        datapointsToAlarm: given.DatapointsToAlarm ?? given.EvaluationPeriods,
        missingData: given.TreatMissingData,
        periodSeconds: given.Metrics.find(({ Period }) => Period !== undefined)?.Period ?? Math.max(60, ...periods),
        queries,
      },
    ];
  },
});

/** An alarm of alarms. */
export const compositeAlarm = resourceKind({
  properties: z.strictObject({
    AlarmName: z.string().optional(),
    AlarmDescription: z.string().default(''),
    AlarmRule: z.string(),
    Tags: TAGS,
  }),
  identify: (naming) => {
    const name = naming.property('AlarmName') ?? generatedName(naming, 255);
    return { ref: name, attributes: { Arn: `arn:aws:cloudwatch:${naming.region}:${naming.account}:alarm:${name}` } };
  },
  read: (given, { logicalId, ref, attributes }) => [
    {
      kind: 'composite-alarm',
      logicalId,
      name: ref,
      arn: attributes['Arn'] ?? '',
      description: given.AlarmDescription,
      rule: given.AlarmRule,
    },
  ],
});

/** A page of the console: nothing runs it here. */
export const dashboard = resourceKind({
  properties: z.strictObject({
    DashboardName: z.string().optional(),
    DashboardBody: withoutEffect('there is no console on this machine'),
    Tags: TAGS,
  }),
  identify: (naming) => ({ ref: naming.property('DashboardName') ?? generatedName(naming, 255), attributes: {} }),
  read: () => [],
});

function ownMetric(given: z.infer<typeof properties>): AlarmQuery {
  const { Namespace: namespace, MetricName: name, Period: periodSeconds } = given;
  const statistic = given.Statistic ?? given.ExtendedStatistic;
  if (namespace === undefined || name === undefined || periodSeconds === undefined || statistic === undefined)
    throw new Error('needs Namespace, MetricName, Period and Statistic, or Metrics');
  const metric = { namespace, name, dimensions: given.Dimensions };
  return { id: 'own', compared: true, metric, periodSeconds, statistic };
}

function queryOf({
  Id: id,
  Expression: expression,
  MetricStat: stat,
  ReturnData: compared,
}: z.infer<typeof query>): AlarmQuery {
  if (stat !== undefined) {
    const { Namespace: namespace, MetricName: name } = stat.Metric;
    const metric = { namespace, name, dimensions: stat.Metric.Dimensions };
    return { id, compared, metric, periodSeconds: stat.Period, statistic: stat.Stat };
  }
  if (expression === undefined) throw new Error(`has the query ${id} with neither Expression nor MetricStat`);
  return { id, compared, expression };
}
