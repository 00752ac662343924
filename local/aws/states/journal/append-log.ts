import type * as z from 'zod';
import { mendJournal, openJournal, readJournal } from './journal.ts';

/** A small table kept in memory and in a journal: of several lines with the same key the last one counts. */
export interface AppendLog<T> {
  get(key: string): T | undefined;
  put(entry: T): void;
  delete(key: string): void;
  values(): IterableIterator<T>;
  close(): void;
}

/** Opens the table in `file`, reading what an earlier process left there. */
export function openAppendLog<T>(file: string, schema: z.ZodType<T>, keyOf: (entry: T) => string): AppendLog<T> {
  const entries = new Map<string, T>();
  mendJournal(file);
  for (const line of readJournal(file)) {
    if (typeof line === 'string') {
      entries.delete(line);
    } else {
      const entry = schema.parse(line);
      entries.set(keyOf(entry), entry);
    }
  }
  const journal = openJournal(file);
  return {
    get: (key) => entries.get(key),
    put: (entry) => {
      journal.append(entry);
      entries.set(keyOf(entry), entry);
    },
    delete: (key) => {
      journal.append(key);
      entries.delete(key);
    },
    values: () => entries.values(),
    close: () => journal.close(),
  };
}
