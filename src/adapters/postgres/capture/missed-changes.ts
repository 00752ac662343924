import * as z from 'zod';
import type { MissedChanges, Sql } from '../../../domain/ports/source.ts';
import { rowImageSchema } from '../rows/row-image-schema.ts';

const json = z.string().transform((text): unknown => JSON.parse(text));
const row = z.object({
  id: z.number(),
  operation: z.enum(['INSERT', 'UPDATE', 'DELETE']),
  relation: z.string(),
  pk: json.pipe(z.array(z.string())).nullable(),
  oldKey: json.pipe(rowImageSchema).nullable(),
  reason: z.string(),
});

/** The changes that the trigger could not record, in the source; without tables that the event trigger could not adopt (`adoptLeaves`). */
export function createMissedChanges(sql: Sql): MissedChanges {
  return {
    list: async (limit, after) => {
      const rows = await sql.query(
        `SELECT id, operation, relation, pk, old_key AS "oldKey", reason FROM portage.missed WHERE id > :after AND operation <> 'ADOPT' ORDER BY id LIMIT :limit`,
        { limit, after },
      );
      return z.array(row).parse(rows);
    },
    delete: async (id) => {
      await sql.query('DELETE FROM portage.missed WHERE id = :id', { id });
    },
  };
}
