import { expect, test } from '@jest/globals';
import { createDigest } from '../../../src/domain/verification/digest.ts';
import { redact } from '../../../src/domain/verification/finding.ts';
import { createSeen, decodeSeen } from '../../../src/domain/verification/seen.ts';

test('rows of all segments are found again, and no others', () => {
  const [first, second] = [createSeen(), createSeen()];
  for (let id = 0; id < 5000; id++) (id % 2 === 0 ? first : second).add('USER', [String(id)]);
  const seen = decodeSeen([first.encode(), second.encode()]);
  expect(first.size + second.size).toBe(5000);
  for (let id = 0; id < 5000; id++) expect(seen.has('USER', [String(id)])).toBe(true);
  for (let id = 5000; id < 10_000; id++) expect(seen.has('USER', [String(id)])).toBe(false);
  expect(seen.has('CAMPAIGN', ['1'])).toBe(false);
});

test('identities of several columns do not run together', () => {
  const seen = createSeen();
  seen.add('SEAT', ['a', 'bc']);
  const found = decodeSeen([seen.encode()]);
  expect(found.has('SEAT', ['a', 'bc'])).toBe(true);
  expect(found.has('SEAT', ['ab', 'c'])).toBe(false);
  expect(decodeSeen([]).has('SEAT', ['a', 'bc'])).toBe(false);
});

test('the digest of a content depends neither on order nor on segments, but on every value', () => {
  const rows = [
    { id: '1', name: null },
    { id: '2', name: '' },
    { id: '3', name: 'x' },
  ];
  const digest = (parts: readonly (readonly (typeof rows)[number][])[]): string => {
    const whole = createDigest();
    for (const part of parts) {
      const segment = createDigest();
      for (const row of part) segment.add('USER', ['id', 'name'], row);
      whole.addHex(segment.hex());
    }
    return whole.hex();
  };
  const [one, two, three] = rows;
  if (one === undefined || two === undefined || three === undefined) throw new Error('three rows');
  expect(digest([[three], [one, two]])).toBe(digest([[one, two, three]]));
  expect(digest([[{ ...one, name: '' }, two, three]])).not.toBe(digest([rows]));
  expect(digest([[one, one, two, three]])).not.toBe(digest([rows]));
});

test('a report shows that values differ, never what they say', () => {
  expect(redact(null)).toBe('NULL');
  expect(redact(undefined)).toBe('absent');
  expect(redact('')).toMatch(/of 0 characters$/);
  expect(redact('mara@example.org')).not.toContain('mara');
});
