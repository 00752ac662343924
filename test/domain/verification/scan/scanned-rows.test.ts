import { expect, test } from '@jest/globals';
import { createDigest, rowDigest } from '../../../../src/domain/verification/compare/row-digest.ts';
import { redact } from '../../../../src/domain/verification/compare/finding.ts';
import { sampleOffset, segmentsOf } from '../../../../src/domain/verification/report/scope.ts';
import {
  createUnscannedRows,
  createScannedRows,
  isSampled,
} from '../../../../src/domain/verification/scan/scanned-rows.ts';

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => [String(from + at)]);

test('rows that some segment met are struck off a roll, and no others', () => {
  const [first, second] = [createScannedRows(), createScannedRows()];
  for (let id = 0; id < 5000; id++) (id % 2 === 0 ? first : second).add('USER', [String(id)]);
  expect(first.size + second.size).toBe(5000);
  const roll = createUnscannedRows('USER', ids(2000, 10_000));
  expect(roll.isUnscanned(0)).toBe(true);
  for (const segment of [first, second]) roll.remove(segment.encode());
  ids(2000, 10_000).forEach(([id], at) => expect(roll.isUnscanned(at)).toBe(Number(id) >= 5000));
  const other = createUnscannedRows('CAMPAIGN', [['1']]);
  other.remove(first.encode());
  other.remove(second.encode());
  expect(other.isUnscanned(0)).toBe(true);
});

test('identities of several columns do not run together', () => {
  const seen = createScannedRows();
  seen.add('SEAT', ['a', 'bc']);
  const roll = createUnscannedRows('SEAT', [
    ['a', 'bc'],
    ['ab', 'c'],
  ]);
  roll.remove(seen.encode());
  expect([roll.isUnscanned(0), roll.isUnscanned(1)]).toEqual([false, true]);
  createUnscannedRows('SEAT', []).remove(seen.encode());
});

test('rows whose hashes agree in their first half are told apart', () => {
  const seen = createScannedRows();
  seen.add('USER', ['83993']);
  const roll = createUnscannedRows('USER', [['122192'], ['83993']]);
  roll.remove(seen.encode());
  expect([roll.isUnscanned(0), roll.isUnscanned(1)]).toEqual([true, false]);
});

test('samples take different rows each run, about one in so many, and all of them together take everything', () => {
  const sample = 10;
  const taken = Array.from({ length: sample }, (_, draw) =>
    ids(0, 10_000).filter((identity) => isSampled('USER', identity, sample, draw)),
  );
  expect(new Set(taken.flat().map(String)).size).toBe(10_000);
  for (const draw of taken) expect(draw.length).toBeGreaterThan(800);
  expect(new Set(['mon', 'tue', 'wed', 'thu', 'fri'].map((run) => sampleOffset(run, sample))).size).toBeGreaterThan(1);
  const { total, chosen } = segmentsOf('mon', { entity: null, sample: 4 }, 10);
  expect([total, chosen.length]).toEqual([12, 3]);
});

test('the digest of a content depends neither on order nor on segments, but on every value', () => {
  const rows = [
    { id: '1', name: null },
    { id: '2', name: '' },
    { id: '3', name: 'x' },
  ];
  const entity = { name: 'USER', columns: [{ column: 'id' }, { column: 'name' }] };
  const digest = (parts: readonly (readonly (typeof rows)[number][])[]): string => {
    const whole = createDigest();
    for (const part of parts) {
      const segment = createDigest();
      for (const row of part) segment.add(rowDigest(entity, row));
      whole.add(segment.hex());
    }
    return whole.hex();
  };
  const [one, two, three] = rows;
  if (one === undefined || two === undefined || three === undefined) throw new Error('three rows');
  expect(digest([[three], [one, two]])).toBe(digest([[one, two, three]]));
  expect(digest([[{ ...one, name: '' }, two, three]])).not.toBe(digest([rows]));
  expect(digest([[one, one, two, three]])).not.toBe(digest([rows]));
  expect(digest([[one, one, two]])).not.toBe(digest([[two]]));
});

test('a report shows that values differ, never what they say', () => {
  expect(redact(null)).toBe('NULL');
  expect(redact(undefined)).toBe('absent');
  expect(redact('')).toMatch(/of 0 characters$/);
  expect(redact('mara@example.org')).not.toContain('mara');
});
