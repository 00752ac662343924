import { z } from 'zod';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { quotedLeaf } from '../sql/quote.ts';
import { relationsOf } from '../sql/relation.ts';

const identity = z.array(z.string());
const capturedLeaf = z.object({
  leaf: z.string(),
  relation: z.string(),
  carried: z.boolean(),
  /** Identity up to which the rows are in the changelog. */
  carriedTo: z
    .string()
    .transform((text) => identity.parse(JSON.parse(text)))
    .nullable(),
  /** The table still has the trigger that it was registered with: it has not left the mapped table in between. */
  intact: z.boolean(),
});

export type CapturedLeaf = z.infer<typeof capturedLeaf>;

/** The tables on which capture was installed. */
export async function capturedLeaves(sql: Sql): Promise<readonly CapturedLeaf[]> {
  return z.array(capturedLeaf).parse(
    await sql.query(
      `SELECT c.leaf, c.relation, c.carried, c.carried_to AS "carriedTo", EXISTS (
         SELECT 1 FROM pg_catalog.pg_trigger AS t WHERE t.oid = c.trigger AND t.tgrelid = to_regclass(c.leaf)) AS intact
       FROM portage.captured AS c ORDER BY c.leaf`,
    ),
  );
}

/** Partitions and children that were captured and have left their table since, also those that are back: what was deleted meanwhile is unknown. */
export async function lostLeaves(
  sql: Sql,
  mapping: Mapping,
): Promise<readonly { readonly table: string; readonly leaf: string }[]> {
  const roots = new Map(
    relationsOf(mapping).map(({ name, table }) => [name, quotedLeaf(`${table.schema}.${table.name}`)]),
  );
  return (await capturedLeaves(sql))
    .filter(({ leaf, relation, intact }) => !intact && roots.has(relation) && roots.get(relation) !== leaf)
    .map(({ leaf, relation }) => ({ table: relation, leaf }));
}
