import { type CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { translated } from '../sdk/translated.ts';
import type { Metrics } from '../../domain/ports/metrics.ts';

type Dimensions = Readonly<Record<string, string>>;

interface Series {
  readonly name: string;
  readonly unit: 'Count' | 'Milliseconds';
  readonly dimensions: Dimensions;
  /** How often each value was observed. */
  readonly values: Map<number, number>;
}

// PutMetricData's own limits: distinct values per datum, data per call.
const VALUES_PER_DATUM = 150;
const DATA_PER_CALL = 500;

/**
 * Sends metrics by PutMetricData, each distinct value once with its count. Timestamps are omitted,
 * so that the receiver sets them; locally that is simulated time.
 */
export function createMetrics(options: { readonly client: CloudWatchClient; readonly namespace: string }): Metrics {
  let observed = new Map<string, Series>();

  const observe = (name: string, unit: Series['unit'], value: number, dimensions: Dimensions): void => {
    const id = JSON.stringify([name, unit, Object.entries(dimensions).toSorted()]);
    const series = observed.get(id) ?? { name, unit, dimensions, values: new Map<number, number>() };
    series.values.set(value, (series.values.get(value) ?? 0) + 1);
    observed.set(id, series);
  };

  return {
    count: (name, value, dimensions = {}) => observe(name, 'Count', value, dimensions),
    // Three significant digits are enough for percentiles, and keep the number of distinct values
    // low.
    milliseconds: (name, value, dimensions = {}) =>
      observe(name, 'Milliseconds', Number(value.toPrecision(3)), dimensions),
    async flush() {
      const data = [...observed.values()].flatMap(dataOf);
      observed = new Map();
      for (let at = 0; at < data.length; at += DATA_PER_CALL) {
        const MetricData = data.slice(at, at + DATA_PER_CALL);
        await translated('CloudWatch', 'PutMetricData', () =>
          options.client.send(new PutMetricDataCommand({ Namespace: options.namespace, MetricData })),
        );
      }
    },
  };
}

function dataOf(series: Series): MetricDatum[] {
  const entries = [...series.values];
  const data: MetricDatum[] = [];
  for (let at = 0; at < entries.length; at += VALUES_PER_DATUM) {
    const part = entries.slice(at, at + VALUES_PER_DATUM);
    data.push({
      MetricName: series.name,
      Unit: series.unit,
      Dimensions: Object.entries(series.dimensions).map(([Name, Value]) => ({ Name, Value })),
      Values: part.map(([value]) => value),
      Counts: part.map(([, count]) => count),
    });
  }
  return data;
}
