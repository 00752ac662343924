import type { SqlRow } from '../../../domain/ports/source.ts';
import { utf8Bytes } from './canonical.ts';

/** Bytes of JSON in one row of a response, whose limit is 64 KB; only a single value can be longer. */
const ROW_BYTES = 50_000;

/**
 * The rows (n, json) of the query `rows` as few: each a JSON array of their texts, in the order of `n`, which counts from 1. The Data API
 * has a cost per row, so many short rows are slower than a few long ones. OFFSET 0 prevents each mention from computing the text again.
 */
export function jsonBatchesSql(rows: string): string {
  return (
    `SELECT '[' || string_agg(r.json, ',' ORDER BY r.n) || ']' AS pack` +
    ` FROM (SELECT s.*, max(${utf8Bytes('s.json')}) OVER () AS longest FROM (${rows} OFFSET 0) AS s) AS r` +
    ` GROUP BY r.n / greatest(1, ${ROW_BYTES} / (r.longest + 1)) ORDER BY min(r.n)`
  );
}

/** The rows of a query of `jsonBatchesSql`. */
export function parseJsonBatches(rows: readonly SqlRow[]): readonly unknown[] {
  return rows.flatMap((row) => {
    const pack: unknown = JSON.parse(String(row['pack']));
    if (!Array.isArray(pack)) throw new TypeError('packed row response is not a JSON array');
    return pack;
  });
}
