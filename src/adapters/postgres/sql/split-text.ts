import type { SqlRow } from '../../../domain/ports/source.ts';

/** Characters per part: at four bytes each, and with a key, below the Data API's 64 KB per row. */
export const PART_CHARACTERS = 15_000;

/** Bytes of text per response: nested JSON may triple them, and 1 MiB is the limit. */
const ANSWER_BYTES = 300_000;

/**
 * Cuts the text `value` of each row of `from` into parts, as rows (n, …, available, part, body)
 * ordered by the column `n`; NULL gives one part. Rows that exceed a response's limit are left out,
 * except the first; `available` is the number of rows there were.
 */
export function partsSql(columns: string, value: string, from: string): string {
  return (
    `SELECT n, ${columns}, available, p.part, substr(${value}, p.part * ${PART_CHARACTERS} + 1, ${PART_CHARACTERS}) AS body` +
    ` FROM (SELECT r.*, count(*) OVER () AS available, sum(coalesce(octet_length(${value}), 0)) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING)` +
    ` - coalesce(octet_length(${value}), 0) AS bytes_before FROM ${from} AS r) AS s` +
    ` CROSS JOIN LATERAL generate_series(0, greatest(0, (coalesce(length(${value}), 0) - 1) / ${PART_CHARACTERS})) AS p(part)` +
    ` WHERE bytes_before < ${ANSWER_BYTES} ORDER BY n, p.part`
  );
}

export interface JoinedText {
  readonly row: SqlRow;
  /** The joined parts; null if the value is NULL. */
  readonly text: string | null;
}

export interface JoinedParts {
  readonly joined: readonly JoinedText[];
  /** True if rows were left out because the response was full. */
  readonly cut: boolean;
  /** The `n` of the last row. */
  readonly last: number;
}

/** Joins the parts in a response. */
export function joinParts(rows: readonly SqlRow[]): JoinedParts {
  const joined: { row: SqlRow; parts: string[]; absent: boolean }[] = [];
  for (const row of rows) {
    const { body = null } = row;
    const last = joined.at(-1);
    if (last !== undefined && last.row['n'] === row['n']) last.parts.push(String(body));
    else joined.push({ row, parts: body === null ? [] : [String(body)], absent: body === null });
  }
  return {
    joined: joined.map(({ row, parts, absent }) => ({ row, text: absent ? null : parts.join('') })),
    cut: joined.length < Number(rows[0]?.['available'] ?? 0),
    last: Number(joined.at(-1)?.row['n'] ?? 0),
  };
}
