import { expect, test } from '@jest/globals';

import { parseOptions } from '../../../local/demo/options.ts';
import { parseFault } from '../../../local/traffic/faults.ts';

test('without a terminal nobody can be asked, so gates approve themselves', () => {
  expect(parseOptions([], false).yes).toBe(true);
  expect(parseOptions([], true).yes).toBe(false);
  expect(parseOptions(['--yes'], true).yes).toBe(true);
});

test('the options of the contract are read', () => {
  const options = parseOptions(
    ['--fault', 'read-errors@50', '--recover', '--report', 'r.json', '--scale', '0.5', '--data-dir', 'd'],
    false,
  );
  expect(options).toMatchObject({
    fault: { name: 'read-errors', percent: 50 },
    recover: true,
    report: 'r.json',
    scale: 0.5,
    dataDir: 'd',
  });
});

test('an unknown fault is refused with an example', () => {
  expect(() => parseFault('meteor@50')).toThrow(/read-errors@50/);
});

test('a database of one’s own is a plan and one script or several', () => {
  const options = parseOptions(['--plan', 'p.json', '--sql', 'schema.sql', '--sql', 'rows.sql'], false);
  expect(options).toMatchObject({ plan: 'p.json', sql: ['schema.sql', 'rows.sql'] });
  expect(parseOptions([], false).sql).toEqual([]);
});

test('a share of calls that break is one from 0 to below 1', () => {
  expect(parseOptions(['--service-faults', '0.03'], false).serviceFaults).toBe(0.03);
  expect(parseOptions([], false).serviceFaults).toBeNull();
});
