import { closeSync, existsSync, mkdirSync, openSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { appendWhole } from '../../../process/write-atomic.ts';
import { parseJson, type Json } from '../model/json.ts';

/**
 * A file of JSON lines that is only ever appended to. A line is written by one synchronous call before its effect is
 * acknowledged: what a killed process had written stays in the operating system's cache, so no fsync is needed for that.
 */
export interface Journal {
  append(line: unknown): void;
  close(): void;
}

/** Opens a journal to append to it; `fresh` empties it first. */
export function openJournal(file: string, { fresh = false } = {}): Journal {
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, fresh ? 'w' : 'a');
  return {
    append: (line) => appendWhole(descriptor, `${JSON.stringify(line)}\n`, file),
    close: () => closeSync(descriptor),
  };
}

/** The lines of a journal. A torn last line, left by a process that died while it wrote, does not count. */
export function readJournal(file: string): Json[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map(parseJson);
}

/** Cuts a torn last line off, so that the next line does not continue it. To be called once before appending again. */
export function mendJournal(file: string): void {
  if (!existsSync(file)) return;
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) truncateSync(file, end);
}
