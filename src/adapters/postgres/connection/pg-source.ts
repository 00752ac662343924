import { DatabaseError, Pool, type PoolClient, type PoolConfig, type QueryResult, types } from 'pg';
import { OutcomeUnknown, SourceUnavailable } from '../../../domain/errors.ts';
import type { SourceTransaction, SqlRow, SqlSource, SqlValue } from '../../../domain/ports/source.ts';
import { toPositional } from './named-parameters.ts';
import { isConnectionLost } from './connection-lost.ts';
import { type Delivery, readsOnly, withRetry, shortenStatement } from './retry.ts';
import { StatementFailed } from './statement-failed.ts';

export interface PgOptions {
  /** Where and as whom to connect; the pool's own settings are set here. */
  readonly connection: PoolConfig;
  /** Open transactions at once, 10 unless given; more wait. */
  readonly transactions?: number;
  /** Connections for single statements, 4 unless given. */
  readonly statements?: number;
  /** Every transaction refuses to write; false unless given. */
  readonly readOnly?: boolean;
  /** Attempts at what is safe to repeat; unless given, for as long as a cluster takes to resume. */
  readonly attempts?: number;
}

export interface PgSource extends SqlSource {
  /** Closes each connection once it is idle. */
  close(): Promise<void>;
}

type Parameters = Readonly<Record<string, SqlValue>>;
type PgRow = Record<string, SqlValue>;

/**
 * PostgreSQL through `pg`, with values in the form that the Data API returns. There are two pools: each open transaction waits for a
 * single statement (its durable commit), which must not wait behind open transactions. Calls throw StatementFailed (with its SQLSTATE),
 * SourceUnavailable or, at a commit, OutcomeUnknown. Call `close` at the end.
 *
 * @example createPgSource({ connection: { connectionString: 'postgres://app@localhost:5432/app' } });
 */
export function createPgSource(options: PgOptions): PgSource {
  const { transactions = 10, statements = 4, readOnly = false, attempts } = options;
  const connection = readOnly
    ? { ...options.connection, options: '-c default_transaction_read_only=on' }
    : options.connection;
  const single = poolOf(connection, statements);
  const open = poolOf(connection, transactions);
  return {
    query: (text, parameters = {}) =>
      withTranslation(readsOnly(text), text, () => run(single, text, parameters), attempts),
    begin: () =>
      withTranslation(
        true,
        'BEGIN',
        async () => {
          const client = await open.connect();
          client.on('error', ignoreError);
          const release = (broken: boolean): void => {
            client.off('error', ignoreError);
            client.release(broken);
          };
          try {
            await client.query('BEGIN');
          } catch (error) {
            release(true);
            throw error;
          }
          return transaction(client, release);
        },
        attempts,
      ),
    close: async () => {
      await Promise.all([single.end(), open.end()]);
    },
  };
}

/** The next query reports the error; without a listener the event would end the process. */
function ignoreError(): void {}

function poolOf(connection: PoolConfig, max: number): Pool {
  const pool = new Pool({ connectionTimeoutMillis: 10_000, ...connection, max, types: TYPES });
  // The pool has already dropped an idle connection that the server closed; the next call opens another.
  pool.on('error', ignoreError);
  return pool;
}

function transaction(client: PoolClient, release: (broken: boolean) => void): SourceTransaction {
  return {
    query: (text, parameters = {}) => withTranslation(false, text, () => run(client, text, parameters)),
    commit: async () => {
      let answer: QueryResult;
      try {
        answer = await client.query('COMMIT');
      } catch (error) {
        release(true);
        const translated = translate(error, 'COMMIT');
        // PostgreSQL's own refusal is an outcome; any other error leaves the outcome unknown.
        if (translated instanceof StatementFailed) throw translated;
        throw new OutcomeUnknown({ operation: 'COMMIT', txn: null }, { cause: error });
      }
      release(false);
      // PostgreSQL answers COMMIT of a failed transaction with a silent ROLLBACK.
      if (answer.command !== 'COMMIT')
        throw new StatementFailed('the transaction had failed and was rolled back', '25P02');
    },
    rollback: async () => {
      try {
        await client.query('ROLLBACK');
      } catch (error) {
        // The server rolls back when it notices that the connection is gone.
        release(true);
        throw translate(error, 'ROLLBACK');
      }
      release(false);
    },
  };
}

async function run(on: Pool | PoolClient, text: string, parameters: Parameters): Promise<readonly SqlRow[]> {
  const { text: positional, names } = toPositional(text, (position, name) =>
    withType(position, parameters[name] ?? null),
  );
  const missing = names.find((name) => parameters[name] === undefined);
  if (missing !== undefined) throw new TypeError(`:${missing} of ${shortenStatement(text)} has no value`);
  const values = names.map((name) => parameters[name]);
  const { rows } = await on.query<PgRow>(positional, values);
  return rows;
}

/** A parameter has the type of its value, as in the Data API, so that the same statement runs through both adapters. */
function withType(position: string, value: SqlValue): string {
  if (value === null) return position;
  if (typeof value === 'string') return `${position}::text`;
  if (typeof value === 'boolean') return `${position}::bool`;
  return `${position}::${Number.isSafeInteger(value) ? 'int8' : 'float8'}`;
}

async function withTranslation<T>(
  idempotent: boolean,
  operation: string,
  attempt: () => Promise<T>,
  attempts?: number,
): Promise<T> {
  try {
    return await withRetry(idempotent, deliveryOf, attempt, attempts);
  } catch (error) {
    throw translate(error, operation);
  }
}

/** The connection was refused, or the server is starting or has no free connection: the statement was not sent. */
const NOT_SENT = new Set(['ECONNREFUSED', '57P03', '53300']);
/** The server ended the session, possibly in the middle of the statement. */
const SESSION_ENDED = /^(?:57P0[124]|08...)$/;
const CONNECTION_BROKEN = /connection terminated|connection error|not queryable/i;
/** No connection became free within connectionTimeoutMillis. */
const POOL_EXHAUSTED = /timeout exceeded when trying to connect/;

function deliveryOf(error: unknown): Delivery {
  if (typeof error !== 'object' || error === null) return 'permanent';
  const code = 'code' in error ? String(error.code) : '';
  const message = 'message' in error ? String(error.message) : '';
  if (NOT_SENT.has(code)) return 'not-sent';
  return SESSION_ENDED.test(code) || isConnectionLost(error) || CONNECTION_BROKEN.test(message)
    ? 'in-doubt'
    : 'permanent';
}

/** Errors of `pg` as domain errors; PostgreSQL's own carry their SQLSTATE. */
function translate(error: unknown, statement: string): unknown {
  const delivery = deliveryOf(error);
  if (delivery !== 'permanent' || (error instanceof Error && POOL_EXHAUSTED.test(error.message)))
    return new SourceUnavailable(
      { operation: shortenStatement(statement), mayHaveRun: delivery === 'in-doubt' },
      { cause: error },
    );
  if (!(error instanceof DatabaseError) || error.code === undefined) return error;
  return new StatementFailed(`${error.message}${placeOf(error)}`, error.code, { cause: error });
}

/** Of an error in a function of the application's, such as that of an event trigger, its name: the statement itself says nothing of it. */
function placeOf({ where }: DatabaseError): string {
  const name = /^PL\/pgSQL function ([^(]+)\(/m.exec(where ?? '')?.[1]?.replaceAll('"', '');
  return name === undefined || name.startsWith('portage.') ? '' : `, in ${name}()`;
}

const { BOOL, BYTEA, FLOAT4, FLOAT8, INT2, INT4, INT8, OID } = types.builtins;
const NUMBERS: ReadonlySet<number> = new Set([INT2, INT4, INT8, OID, FLOAT4, FLOAT8]);

/** Values as the Data API returns them: numbers and booleans as such, bytea in base64, everything else as PostgreSQL's text. */
const TYPES = {
  getTypeParser: (oid: number) => (text: string) => {
    if (oid === BOOL) return text === 't';
    if (oid === BYTEA) return Buffer.from(text.slice(2), 'hex').toString('base64');
    return NUMBERS.has(oid) && Number.isFinite(Number(text)) ? Number(text) : text;
  },
};
