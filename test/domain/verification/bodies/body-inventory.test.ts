import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Bodies, StoredBody } from '../../../../src/domain/ports/bodies.ts';
import { fingerprintOf, findListed, listBodies } from '../../../../src/domain/verification/bodies/body-inventory.ts';

const stored = Array.from({ length: 60_000 }, (_, n): StoredBody => {
  const sha256 = createHash('sha256').update(String(n)).digest('hex');
  // Of every five one as an upload in parts makes them, and one as KMS does, which looks like an MD5.
  const etag = n % 5 === 0 ? `${sha256.slice(0, 32)}-2` : sha256.slice(0, 32);
  return { sha256, bytes: n, etag, isMd5: n % 5 > 1 };
});

const byDigit = new Map(
  [...'0123456789abcdef'].map((digit) => [digit, stored.filter(({ sha256 }) => sha256[0] === digit)]),
);

const list: Bodies['list'] = async (digit, after) => {
  const start = Number(after ?? 0);
  const all = byDigit.get(digit) ?? [];
  return { bodies: all.slice(start, start + 1000), next: start + 1000 < all.length ? String(start + 1000) : null };
};

test('a bucket is listed whole, into documents of bounded size, in which each body is found again', async () => {
  const written = new Map<string, Uint8Array>();
  const count = await listBodies({ list }, async (at, document) => void written.set(String(at), document));
  expect([...written.keys()].toSorted()).toEqual(Array.from({ length: count }, (_, at) => String(at)));
  expect(count).toBe(2);
  for (const document of written.values()) expect(document.byteLength).toBeLessThan(4_000_000);
  const documents = { read: async (key: string) => written.get(key) ?? null, write: async () => {} };
  const listed = await findListed(documents, [...written.keys()], new Set(stored.map(({ sha256 }) => sha256)));
  expect(listed.size).toBe(stored.length);
  for (const { sha256, bytes, etag, isMd5 } of stored.slice(0, 100))
    expect(listed.get(sha256)).toEqual({ bytes, isMd5, fingerprint: fingerprintOf(etag) });
  expect(fingerprintOf(stored[1]?.etag ?? '')).toBe(stored[1]?.etag);
});
