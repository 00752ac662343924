import { expect, test } from '@jest/globals';
import { measureStage } from '../../../src/domain/cutover/measure.ts';
import type { ControlTable } from '../../../src/domain/ports/control.ts';
import type { MetricReader } from '../../../src/domain/ports/metrics.ts';

const window = { from: '2026-11-22T10:00:00.000Z', to: '2026-11-22T11:00:00.000Z' };

type Measures = Readonly<Record<string, number>>;

function metrics(measures: Measures): MetricReader {
  return {
    read: async (queries) =>
      queries.map(({ name, dimensions, statistic }) => {
        const store = dimensions['Store'];
        return measures[[name, ...(store === undefined ? [] : [store]), statistic].join(' ')] ?? null;
      }),
  };
}

/** Only what measuring touches; anything else would be an error of the test. */
function control(): Pick<ControlTable, 'read' | 'write'> {
  const records = new Map<string, string>();
  return {
    read: async (kind, id) => {
      const found = records.get(`${kind} ${id}`);
      return found === undefined ? null : { value: JSON.parse(found), revision: 1 };
    },
    write: async (kind, id, value) => {
      records.set(`${kind} ${id}`, JSON.stringify(value));
      return 1;
    },
  };
}

const shared: Measures = {
  'Reads dynamodb Sum': 600,
  'ReadLatency dynamodb p99': 9,
  'ShadowMismatches SampleCount': 70,
  'ShadowMismatches Sum': 0,
};

test('reads without a recorded error had none, but no reads at all is no data', async () => {
  const ports = { control: control(), metricReader: metrics(shared) };
  expect(await measureStage(ports, window, 500)).toMatchObject({ reads: 600, readErrors: 0, p99: 9, compared: 70 });
  const silent = { control: control(), metricReader: metrics({}) };
  expect(await measureStage(silent, window, 500)).toEqual({
    reads: null,
    readErrors: null,
    p99: null,
    baselineReads: null,
    baselineP99: null,
    compared: null,
    mismatches: null,
  });
});

test('where PostgreSQL answers too few reads, its last stage with enough is the baseline', async () => {
  const records = control();
  const early = { ...shared, 'Reads postgres Sum': 5000, 'ReadLatency postgres p99': 8 };
  const half = await measureStage({ control: records, metricReader: metrics(early) }, window, 500);
  expect(half).toMatchObject({ baselineReads: 5000, baselineP99: 8 });
  const late = { ...shared, 'Reads postgres Sum': 3, 'ReadLatency postgres p99': 400 };
  const whole = await measureStage({ control: records, metricReader: metrics(late) }, window, 500);
  expect(whole).toMatchObject({ baselineReads: 5000, baselineP99: 8 });
});
