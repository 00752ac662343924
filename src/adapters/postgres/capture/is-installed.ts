import type { Sql } from '../../../domain/ports/source.ts';

/** True while capture, or any remainder of it, is installed in the source. */
export async function isInstalled(sql: Sql): Promise<boolean> {
  const rows = await sql.query(`SELECT to_regnamespace('portage') IS NOT NULL AS there`);
  return rows[0]?.['there'] === true;
}
