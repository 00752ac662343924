import { expect, test } from '@jest/globals';

import { skipColdReads } from '../../../local/traffic/skip-cold-reads.ts';

test('the first reads of each store are counted, and their latency is left out', () => {
  const heard: (readonly [string, number, string | undefined])[] = [];
  const hear = (name: string, value: number, dimensions: Readonly<Record<string, string>> = {}): void =>
    void heard.push([name, value, dimensions['Store']]);
  const metrics = skipColdReads({ count: hear, milliseconds: hear, flush: () => Promise.resolve() });
  for (const Store of ['dynamodb', 'postgres'])
    for (let at = 1; at <= 41; at += 1) {
      metrics.count('Reads', at, { Store });
      metrics.milliseconds('ReadLatency', at, { Store });
    }
  metrics.milliseconds('WriteLatency', 7);
  expect(heard.filter(([name]) => name === 'Reads')).toHaveLength(82);
  expect(heard.filter(([name]) => name !== 'Reads')).toEqual([
    ['ReadLatency', 41, 'dynamodb'],
    ['ReadLatency', 41, 'postgres'],
    ['WriteLatency', 7, undefined],
  ]);
});
