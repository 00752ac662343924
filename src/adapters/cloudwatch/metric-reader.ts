import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { translated } from '../sdk/translated.ts';
import type { MetricQuery, MetricReader } from '../../domain/ports/metrics.ts';

// GetMetricData's own limit.
const QUERIES_PER_CALL = 500;
/** One day, in seconds; a longer window is read in several values. */
const LONGEST_PERIOD = 86_400;

/** Metrics by GetMetricData: one number per query over the whole window. */
export function createMetricReader(options: {
  readonly client: CloudWatchClient;
  readonly namespace: string;
}): MetricReader {
  const readSome = async (
    queries: readonly MetricQuery[],
    from: Date,
    to: Date,
  ): Promise<readonly (number | null)[]> => {
    const minutes = Math.max(1, Math.ceil((to.getTime() - from.getTime()) / 60_000));
    const period = Math.min(minutes * 60, LONGEST_PERIOD);
    const values = new Map<string, number[]>();
    let token: string | undefined;
    do {
      const page = await translated('CloudWatch', 'GetMetricData', () =>
        options.client.send(
          new GetMetricDataCommand({
            StartTime: from,
            EndTime: to,
            MetricDataQueries: queries.map((query, at) => wireQuery(query, at, options.namespace, period)),
            ...(token === undefined ? {} : { NextToken: token }),
          }),
        ),
      );
      for (const { Id, Values } of page.MetricDataResults ?? [])
        if (Id !== undefined) values.set(Id, [...(values.get(Id) ?? []), ...(Values ?? [])]);
      token = page.NextToken;
    } while (token !== undefined);
    return queries.map((query, at) => combine(query.statistic, values.get(`q${at}`) ?? []));
  };

  return {
    async read(queries, from, to) {
      const answers: (number | null)[] = [];
      for (let at = 0; at < queries.length; at += QUERIES_PER_CALL)
        answers.push(...(await readSome(queries.slice(at, at + QUERIES_PER_CALL), from, to)));
      return answers;
    },
  };
}

function wireQuery(query: MetricQuery, at: number, namespace: string, period: number): MetricDataQuery {
  const Dimensions = Object.entries(query.dimensions).map(([Name, Value]) => ({ Name, Value }));
  return {
    Id: `q${at}`,
    MetricStat: {
      Metric: { Namespace: namespace, MetricName: query.name, Dimensions },
      Period: period,
      Stat: query.statistic,
    },
    ReturnData: true,
  };
}

/**
 * Combines the periods that the window touches: CloudWatch aligns periods to the clock, so a window
 * may span two. Sums are added; of percentiles and maxima the highest is taken, because percentiles
 * cannot be merged.
 */
function combine(statistic: string, values: readonly number[]): number | null {
  if (values.length === 0) return null;
  if (statistic === 'Sum' || statistic === 'SampleCount') return values.reduce((sum, value) => sum + value, 0);
  if (statistic === 'Minimum') return Math.min(...values);
  if (statistic === 'Average') return values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.max(...values);
}
