import type { ColumnType } from './types.ts';

/** The TTL attribute, in seconds since 1970; TTL is turned on only in mode `complete`. */
export const TTL = '_ttl';

/** Converts canonical text to the second from which a row may be deleted; null for never. */
export type Expiry = (text: string) => string | null;

const MOMENT = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(\.\d+)?)?(?:\+00)?$/;

/**
 * The expiry rule for a column of this type, or null if its values are not times. A timestamp
 * without a zone is taken as UTC, a date lasts to its end, fractions are rounded up, so that
 * nothing is deleted too early. Infinity, and years without four digits, never expire.
 */
export function expiryOf({ kind, array }: ColumnType): Expiry | null {
  if (array || (kind !== 'timestamptz' && kind !== 'timestamp' && kind !== 'date')) return null;
  return (text) => {
    const match = MOMENT.exec(text);
    if (match === null) return null;
    const [, day = '', time, fraction] = match;
    const seconds = Date.parse(`${day}T${time ?? '00:00:00'}Z`) / 1_000;
    return String(seconds + (time === undefined ? 86_400 : fraction === undefined ? 0 : 1));
  };
}
