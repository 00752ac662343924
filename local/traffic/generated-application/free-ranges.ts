import type { Client } from 'pg';
import { quoteIdentifier } from '../../../src/adapters/postgres/sql/quote.ts';
import type { ProfiledColumn } from './database-profile.ts';
import { type FreeRange, TOP } from './values.ts';

/** With less room above the highest value than this, the widest gap below is taken. */
const ROOM_ABOVE = 1_000n;

/** Where new values of unique integer columns can be taken from; absent where none is left. */
export async function freeRanges(
  client: Client,
  root: string,
  columns: readonly ProfiledColumn[],
): Promise<Readonly<Record<string, FreeRange>>> {
  const ranges: Record<string, FreeRange> = {};
  for (const { name, typeName, type, kind, unique } of columns) {
    const top = TOP[typeName];
    if (type !== 'integer' || kind !== 'number' || !unique || top === undefined) continue;
    const column = quoteIdentifier(name);
    const { rows } = await client.query<{ highest: string }>(
      `SELECT coalesce(max(${column}), 0)::text AS highest FROM ${root}`,
    );
    const highest = BigInt(rows[0]?.highest ?? 0);
    if (top - highest >= ROOM_ABOVE) {
      ranges[name] = { after: String(highest), before: String(top + 1n) };
      continue;
    }
    const gaps = await client.query<FreeRange>(
      `SELECT v::text AS after, next::text AS before FROM (SELECT v, lead(v) OVER (ORDER BY v) AS next FROM (
         SELECT 0::int8 AS v UNION SELECT ${column}::int8 FROM ${root} WHERE ${column} BETWEEN 1 AND ${top} UNION SELECT ${top + 1n}) AS taken) AS gap
       WHERE next - v > 1 ORDER BY next - v DESC LIMIT 1`,
    );
    const [widest] = gaps.rows;
    if (widest !== undefined) ranges[name] = widest;
  }
  return ranges;
}
