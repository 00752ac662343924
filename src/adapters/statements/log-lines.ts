import * as z from 'zod';
import type { AskedStatement } from '../../domain/statements/statement.ts';
import { csvRecords } from './csv-records.ts';

/** The message of a logged statement; `duration: … ms` stands before it where log_min_duration_statement wrote it. */
const MESSAGE = /^(?:duration: [\d.]+ ms  )?(?:statement|execute [^:\n]*): (.+)$/s;
/** A record of the text format, after any log_line_prefix. */
const RECORD =
  /^(?:.*?[\s:\]])?(LOG|DETAIL|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG\d?|HINT|CONTEXT|STATEMENT|QUERY|LOCATION):  (.*)$/s;
/** Columns of csvlog: the severity is the 12th, the message the 14th. */
const [SEVERITY, TEXT] = [11, 13];
const CSV_RECORD = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^,\n]*,[^\n]*,LOG,/m;
const JSON_RECORD = z.looseObject({ error_severity: z.string(), message: z.string().default('') });

/** True for a PostgreSQL log in any of its three formats: text, csvlog, jsonlog. */
export function isLog(text: string): boolean {
  return isJsonLog(text) || CSV_RECORD.test(text) || /^.*\bLOG:  (?:duration: |statement: |execute )/m.test(text);
}

/** The statements of a PostgreSQL log, one call each. Other messages are skipped. */
export function logStatements(text: string): readonly AskedStatement[] {
  return messagesOf(text).flatMap((message): readonly AskedStatement[] => {
    const statement = MESSAGE.exec(message)?.[1]?.trim();
    return statement === undefined ? [] : [{ text: statement, calls: 1, rows: null }];
  });
}

function messagesOf(text: string): readonly string[] {
  if (isJsonLog(text)) return text.split('\n').flatMap((line) => jsonMessage(line) ?? []);
  if (!CSV_RECORD.test(text)) return textMessages(text);
  const records = z
    .array(z.array(z.string()))
    .parse(csvRecords(text, { relax_column_count: true, relax_quotes: true }));
  return records.flatMap((record) => (record[SEVERITY] === 'LOG' ? [record[TEXT] ?? ''] : []));
}

function isJsonLog(text: string): boolean {
  return jsonMessage(text.slice(0, text.indexOf('\n') + 1 || undefined)) !== null;
}

/** Null for a line that is not a log record; empty for a record of another severity. */
function jsonMessage(line: string): string | null {
  if (!line.startsWith('{')) return null;
  try {
    const record = JSON_RECORD.safeParse(JSON.parse(line));
    if (!record.success) return null;
    return record.data.error_severity === 'LOG' ? record.data.message : '';
  } catch {
    return null;
  }
}

/** Lines after the first of a message begin with a tab. */
function textMessages(text: string): readonly string[] {
  const messages: string[] = [];
  let open = false;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('\t')) {
      const last = messages.pop();
      if (last !== undefined) messages.push(open ? `${last}\n${line.slice(1)}` : last);
      continue;
    }
    const [, severity, message = ''] = RECORD.exec(line) ?? [];
    open = severity === 'LOG';
    if (open) messages.push(message);
  }
  return messages;
}
