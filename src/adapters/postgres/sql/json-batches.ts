import type { SqlRow } from '../../../domain/ports/source.ts';

/** Bytes of JSON in one row of an answer, which may have 64 KB; only a single value can be longer. */
const ROOM = 50_000;

/**
 * The rows (n, json) of the query `rows` as few: each a JSON array of their texts, in the order of `n`, which counts from 1. Whoever passes an
 * answer on works by the row, so many short rows cost more than what they hold. OFFSET 0, or each mention would compute a text anew.
 */
export function jsonBatchesSql(rows: string): string {
  return (
    `SELECT '[' || string_agg(r.json, ',' ORDER BY r.n) || ']' AS pack` +
    ` FROM (SELECT s.*, max(octet_length(s.json)) OVER () AS longest FROM (${rows} OFFSET 0) AS s) AS r` +
    ` GROUP BY r.n / greatest(1, ${ROOM} / (r.longest + 1)) ORDER BY min(r.n)`
  );
}

/** What was packed. */
export function parseJsonBatches(rows: readonly SqlRow[]): readonly unknown[] {
  return rows.flatMap((row) => {
    const pack: unknown = JSON.parse(String(row['pack']));
    if (!Array.isArray(pack)) throw new TypeError('an answer of packed rows holds something else');
    return pack;
  });
}
