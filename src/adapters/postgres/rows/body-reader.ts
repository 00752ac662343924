import type { Sql } from '../../../domain/ports/source.ts';
import { identityText, type Identity } from '../../../domain/row.ts';
import { canonical } from '../sql/canonical.ts';
import { PART_CHARACTERS } from '../sql/split-text.ts';
import { columnOf } from '../sql/image.ts';
import { quoteIdentifier } from '../sql/quote.ts';
import { matchSql, type Relation } from '../sql/relation.ts';
import { AnswerTooLarge } from '../connection/statement-failed.ts';

interface Part {
  readonly identity: Identity;
  readonly part: number;
  readonly bytes: number;
}

/** Raw bytes requested at once; as JSON they may double, and a response is limited to 1 MiB. */
const BATCH_BYTES = 700_000;

/**
 * The whole values of a large column, by identity text. A response is limited to 1 MiB and a row to
 * 64 KB, so values are read in parts, several rows at a time. Parts of one value may be read at
 * different moments, which the caller detects by the hash.
 */
export async function readBodies(
  sql: Sql,
  relation: Relation,
  identities: readonly Identity[],
  column: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const catalogueColumn = columnOf(relation.table, column);
  const value = `t.${quoteIdentifier(column)}`;
  const binary = catalogueColumn.type === 'bytea' && !catalogueColumn.array;
  const text = binary ? value : canonical(catalogueColumn, value);
  const from = `json_array_elements(CAST(:keys AS json)) WITH ORDINALITY AS k(v, n) JOIN ${relation.root} AS t ON ${matchSql(relation, 'k.v')}`;
  const sizes = await sql.query(
    `SELECT k.n, length(${text}) AS units, octet_length(${text}) AS bytes FROM ${from} WHERE ${value} IS NOT NULL`,
    { keys: JSON.stringify(identities) },
  );
  const pieces = new Map<string, (Buffer | null)[]>();
  const missingParts: Part[] = sizes.flatMap((row) => {
    const identity = identities[Number(row['n']) - 1] ?? [];
    const count = Math.ceil(Number(row['units']) / PART_CHARACTERS);
    pieces.set(
      identityText(identity),
      Array.from({ length: count }, () => null),
    );
    const bytes = Number(row['bytes']) / Math.max(1, count);
    return Array.from({ length: count }, (_, part) => ({ identity, part, bytes: binary ? 2 * bytes : bytes }));
  });
  const piece = `substr(${text}, (k.v ->> 1)::int * ${PART_CHARACTERS} + 1, ${PART_CHARACTERS})`;
  const read = async (parts: readonly Part[]): Promise<void> => {
    try {
      const rows = await sql.query(
        `SELECT k.n, ${binary ? `encode(${piece}, 'hex')` : piece} AS body FROM json_array_elements(CAST(:keys AS json)) WITH ORDINALITY AS k(v, n)` +
          ` JOIN ${relation.root} AS t ON ${matchSql(relation, '(k.v -> 0)')} WHERE ${value} IS NOT NULL`,
        { keys: JSON.stringify(parts.map(({ identity, part }) => [identity, part])) },
      );
      for (const row of rows) {
        const requested = parts[Number(row['n']) - 1];
        if (requested === undefined) continue;
        const whole = pieces.get(identityText(requested.identity));
        if (whole !== undefined) whole[requested.part] = Buffer.from(String(row['body']), binary ? 'hex' : 'utf8');
      }
    } catch (error) {
      if (!(error instanceof AnswerTooLarge) || parts.length === 1) throw error;
      const half = Math.ceil(parts.length / 2);
      await read(parts.slice(0, half));
      await read(parts.slice(half));
    }
  };
  for (const group of groups(missingParts)) await read(group);
  const whole = [...pieces].flatMap(([key, parts]): [string, Uint8Array][] => {
    const present = parts.filter((part) => part !== null);
    return present.length === parts.length ? [[key, Buffer.concat(present)]] : [];
  });
  return new Map(whole);
}

function* groups(parts: readonly Part[]): Generator<readonly Part[]> {
  let group: Part[] = [];
  let bytes = 0;
  for (const part of parts) {
    if (group.length > 0 && bytes + part.bytes > BATCH_BYTES) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(part);
    bytes += part.bytes;
  }
  if (group.length > 0) yield group;
}
