import * as z from 'zod';

/** Times travel as seconds since 1970 in JSON, and as Date or tag 1 in CBOR. */
const time = z.union([
  z.number().transform((seconds) => seconds * 1000),
  z.date().transform((date) => date.getTime()),
  z.object({ value: z.number() }).transform(({ value }) => value * 1000),
]);
const dimensions = z.array(z.object({ Name: z.string(), Value: z.string() })).default([]);

/** PutMetricData's request. */
export const putRequest = z.object({
  Namespace: z.string().min(1),
  MetricData: z
    .array(
      z.object({
        MetricName: z.string().min(1),
        Dimensions: dimensions,
        Timestamp: time.optional(),
        Value: z.number().optional(),
        Values: z.array(z.number()).max(150).optional(),
        Counts: z.array(z.number()).optional(),
        StatisticValues: z
          .object({ SampleCount: z.number(), Sum: z.number(), Minimum: z.number(), Maximum: z.number() })
          .optional(),
        Unit: z.string().optional(),
      }),
    )
    .max(1000)
    .default([]),
});

const metric = z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensions });

/** GetMetricData's request; expressions between metrics are not supported. */
export const getRequest = z.object({
  StartTime: time,
  EndTime: time,
  ScanBy: z.enum(['TimestampAscending', 'TimestampDescending']).default('TimestampDescending'),
  MetricDataQueries: z
    .array(
      z.object({
        Id: z.string(),
        Label: z.string().optional(),
        ReturnData: z.boolean().optional(),
        MetricStat: z.object({ Metric: metric, Period: z.number().int().positive(), Stat: z.string() }),
      }),
    )
    .max(500),
});

/** ListMetrics' request. */
export const listRequest = z.object({
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.string().optional() })).default([]),
});

/** DescribeAlarms' request. */
export const describeRequest = z.object({
  AlarmNames: z.array(z.string()).optional(),
  AlarmNamePrefix: z.string().default(''),
  StateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']).optional(),
});

/** A metric is one series per namespace, name and exact set of dimensions. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

/** Observations that arrived together: single values with how often each was seen, or only their summary. */
export interface Observation {
  readonly at: number;
  readonly values: readonly (readonly [value: number, count: number])[];
  readonly summary?:
    { readonly count: number; readonly sum: number; readonly minimum: number; readonly maximum: number } | undefined;
}

/** The observations in a PutMetricData call, stamped with the time of arrival where it gives none. */
export function observationsOf(
  request: z.infer<typeof putRequest>,
  now: number,
): readonly { readonly metric: MetricName; readonly observation: Observation }[] {
  return request.MetricData.map((datum) => {
    const { Value, Values, Counts, StatisticValues: set } = datum;
    const many = (Values ?? []).map((value, index) => [value, Counts?.[index] ?? 1] as const);
    return {
      metric: { namespace: request.Namespace, name: datum.MetricName, dimensions: datum.Dimensions },
      observation: {
        at: datum.Timestamp ?? now,
        values: Value === undefined ? many : [[Value, 1] as const, ...many],
        ...(set === undefined
          ? {}
          : { summary: { count: set.SampleCount, sum: set.Sum, minimum: set.Minimum, maximum: set.Maximum } }),
      },
    };
  });
}
