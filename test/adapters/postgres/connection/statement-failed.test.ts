import { expect, test } from '@jest/globals';
import { isCaptureMissing, StatementFailed } from '../../../../src/adapters/postgres/connection/statement-failed.ts';

test.each([
  ['schema "portage" does not exist', '3F000', true],
  ['function portage.begin_write(text, integer, integer) does not exist', '42883', true],
  ['relation "portage.changelog" does not exist', '42P01', true],
  ['cache lookup failed for function 19648', 'XX000', true],
  ['could not open relation with OID 20688', 'XX000', true],
  ['relation "orders" does not exist', '42P01', false],
  ['could not read block 3 in file "base/1/2"', 'XX000', false],
])('%s: capture is missing: %s', (message, sqlstate, expected) => {
  expect(isCaptureMissing(new StatementFailed(message, sqlstate))).toBe(expected);
});
