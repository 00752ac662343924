import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** Writes every row of a schema as a script for psql: it empties the tables, and neither triggers nor foreign keys fire. */
export async function writeRows(client: Client, schema: string, file: string): Promise<void> {
  const out = createWriteStream(file);
  const put = async (text: string | Buffer): Promise<void> => {
    if (!out.write(text)) await once(out, 'drain');
  };
  const { rows: tables } = await client.query<{ name: string; columns: string[] }>(TABLES, [schema]);
  const named = (name: string): string => `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
  await put(`SET client_encoding = 'UTF8';\nSET session_replication_role = replica;\n`);
  if (tables.length > 0) await put(`TRUNCATE ${tables.map(({ name }) => named(name)).join(', ')};\n`);
  for (const { name, columns } of tables) {
    const list = columns.map(escapeIdentifier).join(', ');
    const rows = client.query(copyTo(`COPY (SELECT ${list} FROM ONLY ${named(name)}) TO STDOUT`));
    await put(`\nCOPY ${named(name)} (${list}) FROM stdin;\n`);
    for await (const chunk of rows) await put(Buffer.from(chunk));
    await put('\\.\n');
  }
  const { rows: sequences } = await client.query<{ name: string; last: string }>(SEQUENCES, [schema]);
  for (const { name, last } of sequences)
    await put(`SELECT pg_catalog.setval(${escapeLiteral(named(name))}, ${last});\n`);
  await put('SET session_replication_role = origin;\n');
  out.end();
  await once(out, 'finish');
}

const TABLES = `
  SELECT c.relname::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  WHERE n.nspname = $1 AND c.relkind = 'r' GROUP BY c.relname ORDER BY c.relname`;

const SEQUENCES = `SELECT sequencename::text AS name, last_value::text AS last FROM pg_sequences WHERE schemaname = $1 AND last_value IS NOT NULL`;
