import type { SqlRow } from '../../domain/ports/source.ts';

/** Characters of one part: at four bytes each, and beside a key, still below the 64 KB that a row may have. */
export const PART = 15_000;

/** Cuts the text \`value\` of each row of \`from\` into parts, as rows (…, part, body); NULL gives one part. */
export function partsSql(columns: string, value: string, from: string, order: string): string {
  return (
    `SELECT ${columns}, p.part, substr(${value}, p.part * ${PART} + 1, ${PART}) AS body FROM ${from}` +
    ` CROSS JOIN LATERAL generate_series(0, greatest(0, (coalesce(length(${value}), 0) - 1) / ${PART})) AS p(part)` +
    ` ORDER BY ${order}, p.part`
  );
}

export interface Whole {
  readonly row: SqlRow;
  /** The parts put together; null where the value was NULL. */
  readonly text: string | null;
}

/** Puts the parts of consecutive rows with the same \`id\` together again. */
export function joined(rows: readonly SqlRow[], id: string): readonly Whole[] {
  const wholes: { row: SqlRow; parts: string[]; absent: boolean }[] = [];
  for (const row of rows) {
    const body = row['body'];
    const last = wholes.at(-1);
    if (last !== undefined && last.row[id] === row[id]) last.parts.push(String(body));
    else wholes.push({ row, parts: body === null || body === undefined ? [] : [String(body)], absent: body === null });
  }
  return wholes.map(({ row, parts, absent }) => ({ row, text: absent ? null : parts.join('') }));
}
