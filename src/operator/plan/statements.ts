import { readFileSync } from 'node:fs';
import { readStatements } from '../../adapters/postgres/assessment/read-statements.ts';
import { loadStatementParser } from '../../adapters/statements/parser.ts';
import { StatementFileRefused } from '../../adapters/statements/csv-records.ts';
import { parseAll } from '../../adapters/statements/parse-all.ts';
import { readStatementFile } from '../../adapters/statements/statement-file.ts';
import { amount } from '../../domain/assess/amount.ts';
import type { Sql } from '../../domain/ports/source.ts';
import type { ReadStatement } from '../../domain/statements/merge.ts';
import type { AskedStatement } from '../../domain/statements/statement.ts';
import { OperatorError } from '../operator-error.ts';

/** The forms of `--statements`, for help and errors. */
export const STATEMENT_FORMS =
  'a PostgreSQL log, a CSV with the columns query and calls, or SQL separated by semicolons';

/** What the application asks, and where that was read. */
export interface Statements {
  /** One line: the source of the statements, or why there are none and how to get them. */
  readonly origin: string;
  readonly statements: readonly ReadStatement[];
}

/** Reads the statements of `--statements`, else of pg_stat_statements; their absence is no error. */
export async function statementsOf(source: Sql, file: string | undefined): Promise<Statements> {
  const parser = await loadStatementParser();
  const parsed = (asked: readonly AskedStatement[]) => parseAll(parser.parse, asked);
  if (file !== undefined) {
    const { form, statements } = fromFile(file, parser.split);
    if (statements.length === 0) throw new OperatorError(`${file} holds no statement: give ${STATEMENT_FORMS}`);
    return { origin: `${file} (${form}): ${amount(statements.length, 'statement')}`, statements: parsed(statements) };
  }
  const read = await readStatements(source);
  if (!read.ok) return { origin: `none: ${read.reason}; or give --statements FILE`, statements: [] };
  const since = read.since === null ? '' : ` since ${read.since} UTC`;
  const hidden =
    read.hidden === 0
      ? ''
      : `; ${amount(read.hidden, 'call')} of other roles hidden: GRANT pg_read_all_stats to this login`;
  return {
    origin: `pg_stat_statements${since}${hidden}`,
    statements: parsed(read.statements),
  };
}

function fromFile(file: string, split: (script: string) => readonly string[]) {
  try {
    return readStatementFile(readText(file), split);
  } catch (error) {
    if (!(error instanceof StatementFileRefused)) throw error;
    throw new OperatorError(`${file}: ${error.message}: give ${STATEMENT_FORMS}`, { cause: error });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: name a file of statements with --statements`, { cause: error });
  }
}
