import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { OutcomeUnknown, SourceUnavailable } from '../../domain/errors.ts';
import type { SourceTransaction, SqlRow, SqlSource, SqlValue } from '../../domain/ports/source.ts';
import { attemptOnce } from './single-attempt.ts';
import { AnswerTooLarge, StatementFailed } from './statement-failed.ts';

export interface DataApiOptions {
  /** Its own retries are switched off, for a repeated statement may be a repeated write; what may be repeated is repeated here. */
  readonly client: RDSDataClient;
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/** PostgreSQL through the RDS Data API. Statements cast their parameters (`:id::uuid`): strings arrive as text. */
export function createDataApiSource(options: DataApiOptions): SqlSource {
  const { client, resourceArn, secretArn, database } = options;
  attemptOnce(client);
  const target = { resourceArn, secretArn };

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
    query: (text, parameters = {}) => repeated(readsOnly(text), text, () => run(text, parameters, null)),
    begin: async () => {
      const { transactionId } = await repeated(true, 'BEGIN', () =>
        client.send(new BeginTransactionCommand({ ...target, database })),
      );
      if (transactionId === undefined) throw new SourceUnavailable({ operation: 'BEGIN' });
      return transaction(transactionId);
    },
  };

  function transaction(transactionId: string): SourceTransaction {
    return {
      query: (text, parameters = {}) => repeated(false, text, () => run(text, parameters, transactionId)),
      commit: async () => {
        try {
          await client.send(new CommitTransactionCommand({ ...target, transactionId }));
        } catch (error) {
          const translated = translate(error, 'COMMIT');
          // PostgreSQL's own refusal is an outcome; everything else leaves it open.
          if (translated instanceof StatementFailed) throw translated;
          throw new OutcomeUnknown({ operation: 'COMMIT', txn: null }, { cause: error });
        }
      },
      rollback: async () => {
        await repeated(false, 'ROLLBACK', () =>
          client.send(new RollbackTransactionCommand({ ...target, transactionId })),
        );
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
/** An Aurora cluster scaled to zero takes 15 to 30 s to answer. */
const PAUSES_MS = [100, 400, 1_000, 3_000, 6_000, 10_000, 15_000];

/** Repeats what is safe to repeat; a timed-out or failed statement that writes may have run (FACTS, Data API). */
async function repeated<T>(idempotent: boolean, operation: string, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const pause = PAUSES_MS[tries];
      const passing = error instanceof Error && (PASSING.has(error.name) || connectionLost(error));
      // A resuming database has not looked at the statement yet.
      const untouched = error instanceof Error && error.name === 'DatabaseResumingException';
      if (!passing || !(idempotent || untouched) || pause === undefined) throw translate(error, operation);
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
    }
  }
}

/** One statement that cannot change anything when it runs twice. */
function readsOnly(text: string): boolean {
  return /^\s*(select|with|values)\b/i.test(text) && !/\b(insert|update|delete|merge|portage\.\w+\s*\()/i.test(text);
}

function connectionLost(error: Error): boolean {
  return 'code' in error && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(String(error.code));
}

/** Data API errors in the domain's words; PostgreSQL's own carry their SQLSTATE. */
function translate(error: unknown, operation: string): Error {
  if (!(error instanceof Error)) return new SourceUnavailable({ operation: shortened(operation) }, { cause: error });
  const sqlstate = /SQLState: ([0-9A-Z]{5})/.exec(error.message)?.[1];
  if (sqlstate !== undefined) {
    const said = error.message.replace(/; SQLState: .*$/s, '').replace(/^ERROR: /, '');
    return new StatementFailed(said, sqlstate, { cause: error });
  }
  if (/response size limit|more than the allowed|too large/i.test(error.message))
    return new AnswerTooLarge({ cause: error });
  if (error.name === 'StatementTimeoutException') return new StatementFailed(error.message, '57014', { cause: error });
  const gone = PASSING.has(error.name) || connectionLost(error) || error.name === 'TransactionNotFoundException';
  return gone ? new SourceUnavailable({ operation: shortened(operation) }, { cause: error }) : error;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
