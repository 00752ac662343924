import * as z from 'zod';
import type { AskedStatement } from '../../domain/statements/statement.ts';
import { csvRecords, StatementFileRefused } from './csv-records.ts';
import { isLog, logStatements } from './log-lines.ts';

/** The forms of a file of statements, by content. */
export type StatementFileForm = 'log' | 'csv' | 'sql';

export interface StatementFile {
  readonly form: StatementFileForm;
  readonly statements: readonly AskedStatement[];
}

const count = z.coerce.number().nonnegative();
const csvRow = z.looseObject({ query: z.string(), calls: count.default(1), rows: count.optional() });
/** `-- calls: 1200` and `/* calls: 1200 *\/`. */
const CALLS = /(?:--|\/\*)\s*calls\s*[:=]\s*([\d_,]+)/i;

/**
 * Reads a file of statements: a PostgreSQL log, a CSV with the columns `query` and `calls`, or SQL separated by semicolons, where a comment
 * `calls: N` belongs to the statement it stands in or before.
 *
 * @param split splits a script into its statements
 */
export function readStatementFile(text: string, split: (script: string) => readonly string[]): StatementFile {
  if (isLog(text)) return { form: 'log', statements: logStatements(text) };
  if (isCsv(text)) return { form: 'csv', statements: csvStatements(text) };
  const statements = split(text).map((statement): AskedStatement => {
    const calls = CALLS.exec(statement)?.[1]?.replaceAll(/[_,]/g, '');
    return { text: statement, calls: calls === undefined ? 1 : Number(calls), rows: null };
  });
  return { form: 'sql', statements };
}

/** The first line is a list of column names, one of which is `query`. */
function isCsv(text: string): boolean {
  const line = /^\uFEFF?([^\r\n]*)/.exec(text)?.[1] ?? '';
  const names = line.split(/[,;\t]/).map(columnName);
  return names.includes('query') && names.every((name) => /^\w+$/.test(name));
}

function columnName(text: string): string {
  return text
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .toLowerCase();
}

function csvStatements(text: string): readonly AskedStatement[] {
  const rows = csvRecords(text, {
    bom: true,
    columns: (header: string[]) => header.map(columnName),
    delimiter: [',', ';', '\t'],
    skip_empty_lines: true,
  });
  return z
    .array(z.unknown())
    .parse(rows)
    .map((row, at) => {
      const read = csvRow.safeParse(row);
      if (!read.success)
        throw new StatementFileRefused(
          `row ${at + 1}: ${read.error.issues[0]?.path.join('.') ?? ''} is not a number, or missing`,
        );
      const { query, calls, rows: returned } = read.data;
      return { text: query, calls, rows: returned ?? null };
    });
}
