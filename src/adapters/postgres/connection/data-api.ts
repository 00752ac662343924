import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { OutcomeUnknown, SourceUnavailable } from '../../../domain/errors.ts';
import type { SourceTransaction, SqlRow, SqlSource, SqlValue } from '../../../domain/ports/source.ts';
import { connectionLost } from './connection-lost.ts';
import { type Fault, readsOnly, withRetry, shortened } from './retry.ts';
import { attemptOnce } from './single-attempt.ts';
import { AnswerTooLarge, StatementFailed } from './statement-failed.ts';
import { Semaphore } from './semaphore.ts';

export interface DataApiOptions {
  /** Its own retries are switched off, for a repeated statement may be a repeated write; what may be repeated is repeated here. */
  readonly client: RDSDataClient;
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/**
 * Transactions open at once. The SDK has 50 connections, and a statement that waits for a row's lock keeps one: its owner must find
 * another to go on.
 */
const TRANSACTIONS = 32;

/** PostgreSQL through the RDS Data API. Statements cast their parameters (`:id::uuid`): strings arrive as text. */
export function createDataApiSource(options: DataApiOptions): SqlSource {
  const { client, resourceArn, secretArn, database } = options;
  attemptOnce(client);
  const target = { resourceArn, secretArn };
  const open = new Semaphore(TRANSACTIONS);

  async function run(
    text: string,
    parameters: Readonly<Record<string, SqlValue>>,
    transactionId: string | null,
  ): Promise<readonly SqlRow[]> {
    const command = new ExecuteStatementCommand({
      ...target,
      database,
      sql: text,
      parameters: Object.entries(parameters).map(([name, value]) => parameter(name, value)),
      formatRecordsAs: 'JSON',
      ...(transactionId === null ? {} : { transactionId }),
    });
    const answer = await client.send(command);
    return answer.formattedRecords === undefined ? [] : recordsOf(answer.formattedRecords);
  }

  return {
    query: (text, parameters = {}) => sent(readsOnly(text), text, () => run(text, parameters, null)),
    begin: async () => {
      await open.acquire();
      try {
        const { transactionId } = await sent(true, 'BEGIN', () =>
          client.send(new BeginTransactionCommand({ ...target, database })),
        );
        if (transactionId === undefined) throw new SourceUnavailable({ operation: 'BEGIN' });
        return transaction(transactionId);
      } catch (error) {
        open.release();
        throw error;
      }
    },
  };

  function transaction(transactionId: string): SourceTransaction {
    return {
      query: (text, parameters = {}) => sent(false, text, () => run(text, parameters, transactionId)),
      commit: async () => {
        try {
          await client.send(new CommitTransactionCommand({ ...target, transactionId }));
        } catch (error) {
          const translated = translate(error, 'COMMIT');
          // PostgreSQL's own refusal is an outcome; everything else leaves it open.
          if (translated instanceof StatementFailed) throw translated;
          throw new OutcomeUnknown({ operation: 'COMMIT', txn: null }, { cause: error });
        } finally {
          open.release();
        }
      },
      rollback: async () => {
        try {
          await sent(false, 'ROLLBACK', () =>
            client.send(new RollbackTransactionCommand({ ...target, transactionId })),
          );
        } finally {
          open.release();
        }
      },
    };
  }
}

function recordsOf(text: string): readonly SqlRow[] {
  const records: unknown = JSON.parse(text);
  if (!isRecords(records))
    throw new TypeError(`the Data API answers something else than records: ${text.slice(0, 100)}`);
  return records;
}

/** By hand, for every row that is read passes here. */
function isRecords(value: unknown): value is readonly SqlRow[] {
  return Array.isArray(value) && value.every(isRecord);
}

function isRecord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) return false;
  return true;
}

async function sent<T>(idempotent: boolean, operation: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await withRetry(idempotent, faultOf, attempt);
  } catch (error) {
    throw translate(error, operation);
  }
}

function parameter(name: string, value: SqlValue): SqlParameter {
  if (value === null) return { name, value: { isNull: true } };
  if (typeof value === 'boolean') return { name, value: { booleanValue: value } };
  if (typeof value === 'string') return { name, value: { stringValue: value } };
  return { name, value: Number.isSafeInteger(value) ? { longValue: value } : { doubleValue: value } };
}

const PASSING = new Set([
  'DatabaseResumingException',
  'DatabaseUnavailableException',
  'ServiceUnavailableError',
  'InternalServerErrorException',
  'ThrottlingException',
]);

/** Answers given before PostgreSQL has looked at the statement. */
const UNTOUCHED = new Set(['DatabaseResumingException', 'ThrottlingException']);

/** A timed-out or failed statement that writes may have run (FACTS, Data API). */
function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return 'final';
  if (UNTOUCHED.has(error.name) || ('code' in error && error.code === 'ECONNREFUSED')) return 'untouched';
  return PASSING.has(error.name) || connectionLost(error) ? 'open' : 'final';
}

/** Data API errors in the domain's words; PostgreSQL's own carry their SQLSTATE. */
function translate(error: unknown, statement: string): Error {
  const operation = shortened(statement);
  if (!(error instanceof Error)) return new SourceUnavailable({ operation }, { cause: error });
  const sqlstate = /SQLState: ([0-9A-Z]{5})/.exec(error.message)?.[1];
  if (sqlstate !== undefined) {
    const said = error.message.replace(/; SQLState: .*$/s, '').replace(/^ERROR: /, '');
    return new StatementFailed(said, sqlstate, { cause: error });
  }
  if (/response size limit|more than the allowed|too large/i.test(error.message))
    return new AnswerTooLarge({ cause: error });
  if (error.name === 'StatementTimeoutException') return new StatementFailed(error.message, '57014', { cause: error });
  const fault = faultOf(error);
  if (fault === 'final' && error.name !== 'TransactionNotFoundException') return error;
  return new SourceUnavailable({ operation, mayHaveRun: fault === 'open' }, { cause: error });
}
