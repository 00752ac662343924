import { DatabaseError, Pool, type PoolClient, type PoolConfig, type QueryResult, types } from 'pg';
import { OutcomeUnknown, SourceUnavailable } from '../../../domain/errors.ts';
import type { SourceTransaction, SqlRow, SqlSource, SqlValue } from '../../../domain/ports/source.ts';
import { toPositional } from './named-parameters.ts';
import { connectionLost } from './connection-lost.ts';
import { type Fault, readsOnly, withRetry, shortened } from './retry.ts';
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
}

export interface PgSource extends SqlSource {
  /** Ends its connections once they are free. */
  close(): Promise<void>;
}

type Parameters = Readonly<Record<string, SqlValue>>;
type PgRow = Record<string, SqlValue>;

/**
 * PostgreSQL through `pg`, with the answers that the Data API gives. Two pools: each open transaction waits for a single statement, its
 * durable commit, which must not wait behind open transactions.
 */
export function createPgSource(options: PgOptions): PgSource {
  const { transactions = 10, statements = 4, readOnly = false } = options;
  const connection = readOnly
    ? { ...options.connection, options: '-c default_transaction_read_only=on' }
    : options.connection;
  const single = poolOf(connection, statements);
  const open = poolOf(connection, transactions);
  return {
    query: (text, parameters = {}) => sent(readsOnly(text), text, () => run(single, text, parameters)),
    begin: () =>
      sent(true, 'BEGIN', async () => {
        const client = await open.connect();
        client.on('error', deaf);
        const release = (broken: boolean): void => {
          client.off('error', deaf);
          client.release(broken);
        };
        try {
          await client.query('BEGIN');
        } catch (error) {
          release(true);
          throw error;
        }
        return transaction(client, release);
      }),
    close: async () => {
      await Promise.all([single.end(), open.end()]);
    },
  };
}

/** Whatever is asked next is told of the error; unheard it would end the process. */
function deaf(): void {}

function poolOf(connection: PoolConfig, max: number): Pool {
  const pool = new Pool({ connectionTimeoutMillis: 10_000, ...connection, max, types: TYPES });
  // An idle connection that the server closes is replaced at the next call; the pool has dropped it already.
  pool.on('error', deaf);
  return pool;
}

function transaction(client: PoolClient, release: (broken: boolean) => void): SourceTransaction {
  return {
    query: (text, parameters = {}) => sent(false, text, () => run(client, text, parameters)),
    commit: async () => {
      let answer: QueryResult;
      try {
        answer = await client.query('COMMIT');
      } catch (error) {
        release(true);
        const translated = translate(error, 'COMMIT');
        // PostgreSQL's own refusal is an outcome; everything else leaves it open.
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
  const { text: positional, names } = toPositional(text, (position, name) => typed(position, parameters[name] ?? null));
  const missing = names.find((name) => parameters[name] === undefined);
  if (missing !== undefined) throw new TypeError(`:${missing} of ${shortened(text)} has no value`);
  const values = names.map((name) => parameters[name]);
  const { rows } = await on.query<PgRow>(positional, values);
  return rows;
}

/** A parameter has the type of its value, as with the Data API, and a statement that runs by one way runs by the other. */
function typed(position: string, value: SqlValue): string {
  if (value === null) return position;
  if (typeof value === 'string') return `${position}::text`;
  if (typeof value === 'boolean') return `${position}::bool`;
  return `${position}::${Number.isSafeInteger(value) ? 'int8' : 'float8'}`;
}

async function sent<T>(idempotent: boolean, operation: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await withRetry(idempotent, faultOf, attempt);
  } catch (error) {
    throw translate(error, operation);
  }
}

/** Connections refused, and servers that start or have no room: nothing was asked yet. */
const UNTOUCHED = new Set(['ECONNREFUSED', '57P03', '53300']);
/** The session was ended from outside, in the middle of whatever it did. */
const ENDED = /^(?:57P0[124]|08...)$/;
const BROKEN = /connection terminated|connection error|not queryable/i;
/** The pool is used up: whoever asks has waited long enough. */
const FULL = /timeout exceeded when trying to connect/;

function faultOf(error: unknown): Fault {
  if (typeof error !== 'object' || error === null) return 'final';
  const code = 'code' in error ? String(error.code) : '';
  const message = 'message' in error ? String(error.message) : '';
  if (UNTOUCHED.has(code)) return 'untouched';
  return ENDED.test(code) || connectionLost(error) || BROKEN.test(message) ? 'open' : 'final';
}

/** Errors of `pg` in the domain's words; PostgreSQL's own carry their SQLSTATE. */
function translate(error: unknown, statement: string): unknown {
  const fault = faultOf(error);
  if (fault !== 'final' || (error instanceof Error && FULL.test(error.message)))
    return new SourceUnavailable({ operation: shortened(statement), mayHaveRun: fault === 'open' }, { cause: error });
  if (!(error instanceof DatabaseError) || error.code === undefined) return error;
  return new StatementFailed(error.message, error.code, { cause: error });
}

const { BOOL, BYTEA, FLOAT4, FLOAT8, INT2, INT4, INT8, OID } = types.builtins;
const NUMBERS: ReadonlySet<number> = new Set([INT2, INT4, INT8, OID, FLOAT4, FLOAT8]);

/** Values as the Data API shows them: numbers and booleans as such, bytea in base64, everything else as PostgreSQL's text. */
const TYPES = {
  getTypeParser: (oid: number) => (text: string) => {
    if (oid === BOOL) return text === 't';
    if (oid === BYTEA) return Buffer.from(text.slice(2), 'hex').toString('base64');
    return NUMBERS.has(oid) && Number.isFinite(Number(text)) ? Number(text) : text;
  },
};
