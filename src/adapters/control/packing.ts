import { gunzipSync, gzipSync } from 'node:zlib';

/** Items hold 400 KB; what is left over is for keys and the other attributes. */
const PART_BYTES = 350_000;

/** JSON as compressed pieces, each of which fits into an item. */
export function pack(value: unknown): readonly Uint8Array[] {
  const bytes = gzipSync(JSON.stringify(value));
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PART_BYTES) parts.push(bytes.subarray(at, at + PART_BYTES));
  return parts;
}

/** The other way; the pieces in their order. What comes back is whatever was packed, for the caller to check. */
export function unpack(parts: readonly Uint8Array[]) {
  return JSON.parse(gunzipSync(Buffer.concat(parts)).toString('utf8'));
}
