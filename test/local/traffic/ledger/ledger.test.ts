import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from '@jest/globals';

import { openLedger, readLedger } from '../../../../local/traffic/ledger/ledger.ts';

const directory = mkdtempSync(join(tmpdir(), 'ledger-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('a ledger goes on after a line that a killed process left torn, and numbers do not repeat', () => {
  const file = join(directory, 'ledger.jsonl');
  const first = openLedger(file);
  const one = first.attempt([{ entity: 'USER', id: 'u', change: { deleted: true } }]);
  first.ack(one);
  first.close();
  appendFileSync(file, '{"attempt":2,"writes":[{"enti');
  const second = openLedger(file);
  const two = second.attempt([]);
  second.signedIn(9);
  second.close();
  expect(two).toBeGreaterThan(one);
  expect(readLedger(file)).toEqual([
    { attempt: one, writes: [{ entity: 'USER', id: 'u', change: { deleted: true } }] },
    { ack: one },
    { attempt: two, writes: [] },
    { signedIn: 9 },
  ]);
});
