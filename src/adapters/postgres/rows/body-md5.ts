import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { BodyMd5 } from '../../../domain/ports/bodies.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { identityText } from '../../../domain/row.ts';
import { bodyBytes, columnOf } from '../sql/image.ts';
import { quoteIdentifier } from '../sql/quote.ts';
import { matchSql, relationOf } from '../sql/relation.ts';

/** Rows per call: the response is small, but their whole bodies are read. */
const ROWS = 200;

/** MD5 of bodies by identity, computed in PostgreSQL. */
export function createBodyMd5(sql: Sql, mapping: Mapping): BodyMd5 {
  return async (name, column, identities) => {
    const digests = new Map<string, string>();
    const entity = mapping.entities[name];
    if (entity === undefined) return digests;
    const relation = relationOf(mapping, entity.table);
    const value = `t.${quoteIdentifier(column)}`;
    const text =
      `SELECT k.n, md5(${bodyBytes(columnOf(relation.table, column), value)}) AS md5` +
      ` FROM json_array_elements(CAST(:keys AS json)) WITH ORDINALITY AS k(v, n)` +
      ` JOIN ${relation.root} AS t ON ${matchSql(relation, 'k.v')} WHERE ${value} IS NOT NULL`;
    for (let at = 0; at < identities.length; at += ROWS) {
      const requested = identities.slice(at, at + ROWS);
      for (const row of await sql.query(text, { keys: JSON.stringify(requested) })) {
        const identity = requested[Number(row['n']) - 1];
        if (identity !== undefined) digests.set(identityText(identity), String(row['md5']));
      }
    }
    return digests;
  };
}
