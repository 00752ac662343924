import { expect, test } from '@jest/globals';

import { COLUMNS } from '../../../../local/traffic/ledger/columns.ts';
import {
  bodyText,
  canonicalRow,
  canonicalStored,
  differences,
} from '../../../../local/traffic/ledger/canonical-row.ts';

test('a row settles to the same texts whichever driver it came from', () => {
  const written = canonicalRow('CAMPAIGN', {
    budget: '5.10',
    is_public: true,
    tags: ['a', ''],
    created_at: '2026-11-01T10:00:00.5Z',
  });
  const stored = canonicalRow('CAMPAIGN', {
    budget: '5.1',
    is_public: 'true',
    tags: '["a",""]',
    created_at: '2026-11-01 10:00:00.500000+00',
  });
  expect(differences(written, stored)).toEqual([]);
});

test('NULL and the empty string differ, key order in JSON does not', () => {
  expect(differences(canonicalRow('USER', { bio: null }), canonicalRow('USER', { bio: '' }))).toEqual(['bio']);
  const one = canonicalRow('USER', { settings: { a: 1, b: { c: [], d: null } } });
  const { columns } = COLUMNS.USER;
  expect(differences(one, canonicalStored(columns, { settings: '{"b": {"d": null, "c": []}, "a": 1}' }))).toEqual([]);
});

test('a JSON string is its value to an application and a text in a store, and a JSON null is NULL to both', () => {
  const { columns } = COLUMNS.USER;
  for (const value of ['dark', '"quoted"', '', 1, true, [], ['a'], { a: null }]) {
    const stored = canonicalStored(columns, { settings: JSON.stringify(value) });
    expect(differences(canonicalRow('USER', { settings: value }), stored)).toEqual([]);
  }
  expect(canonicalStored(columns, { settings: 'null' })).toEqual({ settings: null });
  expect(canonicalRow('USER', { settings: null })).toEqual({ settings: null });
});

test('a long text settles to its hash and its size in bytes, once', () => {
  const settled = bodyText('龍');
  expect(settled).toMatch(/^sha256:[0-9a-f]{64}:3$/);
  expect(bodyText(settled)).toBe(settled);
});
