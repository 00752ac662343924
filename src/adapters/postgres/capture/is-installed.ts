import type { Sql } from '../../../domain/ports/source.ts';

/** Begins the comment of the schema `portage` if it is capture's: an application may have one of that name. */
export const SCHEMA_COMMENT = 'capture of a migration';

const FOUND = `
  SELECT n.oid IS NOT NULL AS there, coalesce(obj_description(n.oid, 'pg_namespace') LIKE '${SCHEMA_COMMENT}%', false) AS ours
  FROM (VALUES (to_regnamespace('portage')::oid)) AS n (oid)`;

/** True while capture, or any remainder of it, is installed in the source. */
export async function isInstalled(sql: Sql): Promise<boolean> {
  return (await schemaPortage(sql)) === 'capture';
}

/** The name of the plan whose tables are captured; null where nothing is, or where the comment names none. */
export async function capturedPlan(sql: Sql): Promise<string | null> {
  const [row] = await sql.query(`SELECT obj_description(to_regnamespace('portage'), 'pg_namespace') AS comment`);
  return /, plan ([^,]+)$/.exec(String(row?.['comment']))?.[1] ?? null;
}

/** Whose schema `portage` is: capture's, or of somebody else. */
export async function schemaPortage(sql: Sql): Promise<'absent' | 'capture' | 'foreign'> {
  const [row] = await sql.query(FOUND);
  if (row?.['there'] !== true) return 'absent';
  return row['ours'] === true ? 'capture' : 'foreign';
}
