import * as z from 'zod';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { ShardOwners } from '../../../domain/ports/control.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { canonical } from '../sql/canonical.ts';
import { columnOf, conditionSql } from '../sql/image.ts';
import { quoteIdentifier, quoteQualified } from '../sql/quote.ts';
import { tableOf } from '../sql/relation.ts';

/**
 * The partition owners that have more rows than the plan's `shard.over`, as the PK template writes
 * them. Counted once per generation: with a live count, items would change their key while their
 * rows stay the same (RACE-70).
 */
export async function readShardOwners(sql: Sql, mapping: Mapping): Promise<ShardOwners> {
  const owners: Record<string, readonly string[]> = {};
  for (const entity of Object.values(mapping.entities)) {
    if (entity.shard === null) continue;
    const table = tableOf(mapping.catalogue, entity.table);
    const columns = entity.PK.paths.map(
      (path, at) => `${canonical(columnOf(table, path), `t.${quoteIdentifier(path)}`)} AS c${at}`,
    );
    const rows = await sql.query(
      `SELECT ${columns.join(', ')} FROM ${quoteQualified(table.schema, table.name)} AS t
       WHERE ${conditionSql(table, entity.where, 't')}
       GROUP BY ${columns.map((_, at) => at + 1).join(', ')} HAVING count(*) > :over`,
      { over: entity.shard.over },
    );
    owners[entity.name] = rows.flatMap((row) => {
      const image = Object.fromEntries(entity.PK.paths.map((path, at) => [path, z.string().parse(row[`c${at}`])]));
      const owner = entity.PK.text(image);
      return owner === null ? [] : [owner];
    });
  }
  return owners;
}
