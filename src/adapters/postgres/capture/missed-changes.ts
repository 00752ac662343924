import { z } from 'zod';
import type { MissedChanges, Sql } from '../../../domain/ports/source.ts';

const json = z.string().transform((text): unknown => JSON.parse(text));
const row = z.object({
  id: z.number(),
  relation: z.string(),
  pk: json.pipe(z.array(z.string())).nullable(),
  oldKey: json
    .pipe(z.record(z.string(), z.union([z.string(), z.null(), z.object({ sha256: z.string(), bytes: z.number() })])))
    .nullable(),
  reason: z.string(),
});

/** The changes that the trigger could not record, in the source. */
export function createMissedChanges(sql: Sql): MissedChanges {
  return {
    list: async (limit) =>
      z
        .array(row)
        .parse(
          await sql.query(
            'SELECT id, relation, pk, old_key AS "oldKey", reason FROM portage.missed ORDER BY id LIMIT :limit',
            { limit },
          ),
        ),
    delete: async (id) => {
      await sql.query('DELETE FROM portage.missed WHERE id = :id', { id });
    },
  };
}
