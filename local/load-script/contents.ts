import type { Client } from 'pg';

/** A table that holds rows itself, by its root: partitions and children count with their parent. */
export interface LoadedTable {
  readonly schema: string;
  readonly table: string;
  readonly rows: number;
}

const SYSTEM = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'portage')`;

/** Root tables outside the system schemas, with the rows of their partitions and children, each counted once. */
export async function contentsOf(client: Client): Promise<readonly LoadedTable[]> {
  const found = await client.query<{ schema: string; table: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS table, format('%I.%I', n.nspname, c.relname) AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE ${SYSTEM} AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid)
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ORDER BY 1, 2`,
  );
  const tables: LoadedTable[] = [];
  for (const { schema, table, name } of found.rows) {
    const counted = await client.query<{ rows: string }>(`SELECT count(*) AS rows FROM ${name}`);
    tables.push({ schema, table, rows: Number(counted.rows[0]?.rows ?? 0) });
  }
  return tables;
}

/** Removes everything a script may have created, so that the next one is loaded into an empty database. */
export async function emptyDatabase(client: Client): Promise<void> {
  const extensions = await client.query<{ name: string }>(
    `SELECT quote_ident(extname) AS name FROM pg_extension WHERE extname <> 'plpgsql'`,
  );
  for (const { name } of extensions.rows) await client.query(`DROP EXTENSION IF EXISTS ${name} CASCADE`);
  const schemas = await client.query<{ name: string }>(
    `SELECT quote_ident(n.nspname) AS name FROM pg_namespace n WHERE ${SYSTEM}`,
  );
  for (const { name } of schemas.rows) await client.query(`DROP SCHEMA ${name} CASCADE`);
  await client.query('CREATE SCHEMA public');
  await client.query('GRANT USAGE ON SCHEMA public TO PUBLIC');
}
