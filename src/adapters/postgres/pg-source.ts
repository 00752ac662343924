import { type ClientConfig, Pool, types } from 'pg';
import { SourceUnavailable } from '../../domain/errors.ts';
import type { SqlRow, SqlSource, SqlValue } from '../../domain/ports/source.ts';
import { StatementFailed } from './statement-failed.ts';

/** A source that holds connections of its own. */
export interface PgSource extends SqlSource {
  close(): Promise<void>;
}

/** Strings, quoted names, dollar quotes and casts, in which a colon is no parameter; then the parameter itself. */
const TOKEN =
  /(?<![\w$])[eE]'(?:[^'\\]|\\[^]|'')*'|'[^']*'|"[^"]*"|(?<![\w$])\$(?<tag>\w*)\$[^]*?\$\k<tag>\$|::|:(?<name>[A-Za-z_]\w*)/g;

const INT8 = 20;

/**
 * PostgreSQL over its own protocol, for what an operator asks from a shell. `readOnly` makes every transaction refuse to write.
 * Values travel as parameters.
 */
export function createPgSource(connectionString: string, { readOnly }: { readonly readOnly: boolean }): PgSource {
  const config: ClientConfig = {
    connectionString,
    connectionTimeoutMillis: 15_000,
    application_name: 'portage',
    ...(readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
    types: {
      // Numbers as the Data API gives them, text for everything else.
      getTypeParser: (type) => (type === INT8 ? integer : PLAIN.has(type) ? types.getTypeParser(type) : same),
    },
  };
  const pool = new Pool({ ...config, max: 2 });
  // An idle connection may be lost; the next query opens another one.
  pool.on('error', () => {});
  return {
    query: (text, parameters = {}) => run((sql, values) => pool.query(sql, values), text, parameters),
    begin: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw translate(error, 'BEGIN');
      });
      await client.query('BEGIN');
      const end = async (statement: string): Promise<void> => {
        try {
          await client.query(statement);
        } catch (error) {
          throw translate(error, statement);
        } finally {
          client.release();
        }
      };
      return {
        query: (text, parameters = {}) => run((sql, values) => client.query(sql, values), text, parameters),
        commit: () => end('COMMIT'),
        rollback: () => end('ROLLBACK'),
      };
    },
    close: () => pool.end(),
  };
}

const [BOOL, INT2, INT4, FLOAT4, FLOAT8] = [16, 21, 23, 700, 701];
const PLAIN = new Set<number>([BOOL, INT2, INT4, FLOAT4, FLOAT8]);

function same(text: string): string {
  return text;
}

function integer(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

type Send = (sql: string, values: readonly SqlValue[]) => Promise<{ readonly rows: readonly SqlRow[] }>;

async function run(
  send: (sql: string, values: SqlValue[]) => ReturnType<Send>,
  text: string,
  parameters: Readonly<Record<string, SqlValue>>,
): Promise<readonly SqlRow[]> {
  const names: string[] = [];
  const positional = text.replaceAll(TOKEN, (token: string, ...rest: readonly unknown[]) => {
    const groups: unknown = rest.at(-1);
    const name = typeof groups === 'object' && groups !== null && 'name' in groups ? groups.name : undefined;
    if (typeof name !== 'string') return token;
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  try {
    const { rows } = await send(
      positional,
      names.map((name) => parameters[name] ?? null),
    );
    return rows;
  } catch (error) {
    throw translate(error, text);
  }
}

function translate(error: unknown, operation: string): Error {
  if (!(error instanceof Error)) return new SourceUnavailable({ operation }, { cause: error });
  const code = 'code' in error ? String(error.code) : '';
  if (/^[0-9A-Z]{5}$/.test(code)) return new StatementFailed(error.message, code, { cause: error });
  return new SourceUnavailable({ operation: operation.replace(/\s+/g, ' ').trim().slice(0, 60) }, { cause: error });
}
