import { gunzipSync, gzipSync } from 'node:zlib';

/** Items hold 400 KB; the rest is for keys and other attributes. */
const PART_BYTES = 350_000;

/** Packs JSON into compressed pieces, each small enough for an item. */
export function pack(value: unknown): readonly Uint8Array[] {
  const bytes = gzipSync(JSON.stringify(value));
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PART_BYTES) parts.push(bytes.subarray(at, at + PART_BYTES));
  return parts;
}

/** Unpacks the pieces, in order. The caller validates the result. */
export function unpack(parts: readonly Uint8Array[]) {
  return JSON.parse(gunzipSync(Buffer.concat(parts)).toString('utf8'));
}
