import { TTL } from '../values/expiry.ts';

/** Attributes that the migration adds to a row's own: keys, version, entity, intent, time, tombstone, owner of a unique value, expiry. */
export const RESERVED_ATTRIBUTES: ReadonlySet<string> = new Set([...'PK SK _v _e _t _at _d _of _i'.split(' '), TTL]);
