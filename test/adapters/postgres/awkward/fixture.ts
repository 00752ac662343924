import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Postgres, startPostgres } from '../../../../local/postgres/server.ts';
import { createPgSource, type PgSource } from '../../../../src/adapters/postgres/connection/pg-source.ts';

/** One PostgreSQL with a database for each schema under test. */
export interface Awkwards {
  readonly postgres: Postgres;
  /** Makes a database of the script; `schema` is created and first in its search path. Returns its URL. */
  create(name: string, sql: string, schema?: string, encoding?: string): Promise<string>;
  /** A source on it that refuses to write, closed with the rest. */
  open(url: string): PgSource;
  stop(): Promise<void>;
}

/** `preload`: libraries that the server loads when it starts. */
export async function startAwkwards(preload: readonly string[] = []): Promise<Awkwards> {
  const root = mkdtempSync(join(tmpdir(), 'portage-awkward-'));
  const postgres = await startPostgres({ dataDir: join(root, 'data'), fsync: false, preload });
  const sources: PgSource[] = [];
  return {
    postgres,
    create: async (name, sql, schema = 'public', encoding) => {
      const quoted = `"${schema.replaceAll('"', '""')}"`;
      const encoded =
        encoding === undefined ? '' : ` ENCODING ${encoding} TEMPLATE template0 LOCALE 'C' LOCALE_PROVIDER libc`;
      await run(postgres.connectionString, `CREATE DATABASE ${name}${encoded}`);
      const url = new URL(postgres.connectionString);
      url.pathname = `/${name}`;
      await run(url.href, `CREATE SCHEMA IF NOT EXISTS ${quoted}`, `SET search_path = ${quoted}, public`, sql);
      return url.href;
    },
    open: (url) => {
      // Idle connections are closed at once: there are hundreds of databases, and the server takes a hundred connections.
      const connection = { connectionString: url, idleTimeoutMillis: 100 };
      const source = createPgSource({ connection, statements: 2, readOnly: true });
      sources.push(source);
      return source;
    },
    stop: async () => {
      await Promise.all(sources.map((source) => source.close()));
      await postgres.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Runs statements one after the other in a session of their own. */
export async function run(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
