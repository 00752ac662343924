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
import { isThrottle, translate as translateSdk } from '../../sdk/translated.ts';
import { type Delivery, readsOnly, withRetry, shortenStatement } from './retry.ts';
import { attemptOnce } from './single-attempt.ts';
import { AnswerTooLarge, StatementFailed } from './statement-failed.ts';
import { Semaphore } from './semaphore.ts';

export interface DataApiOptions {
  /** Its retries are switched off, because repeating a statement may repeat a write; the adapter retries what is safe to retry. */
  readonly client: RDSDataClient;
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/**
 * Transactions open at once. The SDK has 50 connections, and a statement that waits for a row lock occupies one: the transaction that
 * holds the lock needs another one to finish.
 */
const TRANSACTIONS = 32;

/**
 * PostgreSQL through the RDS Data API, at most 32 open transactions. Statements cast their parameters (`:id::uuid`), because strings arrive
 * as text. Calls throw StatementFailed (with its SQLSTATE), SourceUnavailable, AnswerTooLarge (1 MiB) or, at a commit, OutcomeUnknown.
 *
 * @example createDataApiSource({ client: new RDSDataClient({}), resourceArn, secretArn, database: 'app' });
 */
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
    query: (text, parameters = {}) => withTranslation(readsOnly(text), text, () => run(text, parameters, null)),
    begin: async () => {
      await open.acquire();
      try {
        const { transactionId } = await withTranslation(true, 'BEGIN', () =>
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
      query: (text, parameters = {}) => withTranslation(false, text, () => run(text, parameters, transactionId)),
      commit: async () => {
        try {
          await client.send(new CommitTransactionCommand({ ...target, transactionId }));
        } catch (error) {
          const translated = translate(error, 'COMMIT');
          // A refusal by PostgreSQL is an outcome; after any other error the outcome is unknown.
          if (translated instanceof StatementFailed) throw translated;
          throw new OutcomeUnknown({ operation: 'COMMIT', txn: null }, { cause: error });
        } finally {
          open.release();
        }
      },
      rollback: async () => {
        try {
          await withTranslation(false, 'ROLLBACK', () =>
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
    throw new TypeError(`the Data API response is not an array of records: ${text.slice(0, 100)}`);
  return records;
}

/** Checked by hand instead of with a schema: every row that is read passes through here. */
function isRecords(value: unknown): value is readonly SqlRow[] {
  return Array.isArray(value) && value.every(isRecord);
}

function isRecord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) return false;
  return true;
}

async function withTranslation<T>(idempotent: boolean, operation: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await withRetry(idempotent, deliveryOf, attempt);
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

/** A write whose statement timed out or failed may have run; see docs/aws-limits.md. */
function deliveryOf(error: unknown): Delivery {
  if (!(error instanceof Error)) return 'permanent';
  // Before PostgreSQL receives the statement.
  if (error.name === 'DatabaseResumingException' || isThrottle(error.name)) return 'not-sent';
  if ('code' in error && error.code === 'ECONNREFUSED') return 'not-sent';
  return translateSdk(error, 'the RDS Data API', '') instanceof SourceUnavailable ? 'in-doubt' : 'permanent';
}

/** Data API errors as domain errors; PostgreSQL's own carry their SQLSTATE. */
function translate(error: unknown, statement: string): Error {
  const operation = shortenStatement(statement);
  if (!(error instanceof Error)) return new SourceUnavailable({ operation }, { cause: error });
  const sqlstate = /SQLState: ([0-9A-Z]{5})/.exec(error.message)?.[1];
  if (sqlstate !== undefined) {
    const message = error.message.replace(/; SQLState: .*$/s, '').replace(/^ERROR: /, '');
    return new StatementFailed(message, sqlstate, { cause: error });
  }
  if (/response size limit|more than the allowed|too large/i.test(error.message))
    return new AnswerTooLarge({ cause: error });
  if (error.name === 'StatementTimeoutException') return new StatementFailed(error.message, '57014', { cause: error });
  const delivery = deliveryOf(error);
  if (delivery === 'permanent' && error.name !== 'TransactionNotFoundException') {
    const translated = translateSdk(error, 'the RDS Data API', operation);
    return translated instanceof Error ? translated : error;
  }
  return new SourceUnavailable({ operation, mayHaveRun: delivery === 'in-doubt' }, { cause: error });
}
