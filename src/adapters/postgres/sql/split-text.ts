import type { SqlRow } from '../../../domain/ports/source.ts';

/** Characters of one part: at four bytes each, and beside a key, still below the 64 KB that a row may have. */
export const PART_CHARACTERS = 15_000;

/** Bytes of text that one answer brings: JSON within JSON may make three of one, and 1 MiB is the limit. */
const ANSWER_BYTES = 300_000;

/**
 * Cuts the text `value` of each row of `from` into parts, as rows (n, …, available, part, body) in the order of the column `n`; NULL gives one
 * part. Rows past the room of an answer are left out, the first one never; `available` says how many there were.
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
  /** The parts put together; null where the value was NULL. */
  readonly text: string | null;
}

export interface JoinedParts {
  readonly joined: readonly JoinedText[];
  /** There were more rows than the answer had room for. */
  readonly cut: boolean;
  /** The `n` of the last row. */
  readonly last: number;
}

/** Puts the parts of an answer together again. */
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
