import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';

import * as z from 'zod';
import { appendWhole } from '../../process/write-atomic.ts';

const settled = z.record(z.string(), z.string().nullable());
const ledgerWrite = z.object({
  entity: z.string(),
  id: z.string(),
  change: z.union([z.object({ put: settled }), z.object({ set: settled }), z.object({ deleted: z.literal(true) })]),
  /** Number of the seeded row this identity began as; absent for rows that the traffic created. */
  seeded: z.number().exactOptional(),
  /** The row as it stood before the traffic first wrote it, where no number names it. */
  before: settled.exactOptional(),
  /** Written by several workers at once: any write not followed by an acknowledged one may be the last. */
  contended: z.literal(true).exactOptional(),
});
const ledgerLine = z.union([
  z.object({ attempt: z.number(), writes: z.array(ledgerWrite).readonly() }),
  z.object({ ack: z.number() }),
  z.object({ signedIn: z.number() }),
]);

/** One row's part of an attempt: a whole new row, some columns of an existing one, or its deletion. */
export type LedgerWrite = z.infer<typeof ledgerWrite>;
export type LedgerLine = z.infer<typeof ledgerLine>;

export interface Ledger {
  /** Called before the write is sent; returns the number that acknowledges it. */
  attempt(writes: readonly LedgerWrite[]): number;
  ack(attempt: number): void;
  signedIn(user: number): void;
  close(): void;
}

/**
 * Opens the ledger for appending. Lines are written straight to the file, not buffered in the process: what was
 * acknowledged before a kill -9 is on record.
 */
export function openLedger(file: string): Ledger {
  let attempts = 0;
  for (const line of readLedger(file)) if ('attempt' in line) attempts = Math.max(attempts, line.attempt);
  const descriptor = openSync(file, 'a');
  const append = (line: LedgerLine): void => {
    appendWhole(descriptor, `${JSON.stringify(line)}\n`, file);
  };
  // A process that died inside a line left a torn line; the next line must not be appended to it.
  writeSync(descriptor, '\n');
  return {
    attempt(writes) {
      attempts += 1;
      append({ attempt: attempts, writes });
      return attempts;
    },
    ack: (attempt) => append({ ack: attempt }),
    signedIn: (user) => append({ signedIn: user }),
    close: () => closeSync(descriptor),
  };
}

/** All complete lines so far. A torn line is an attempt that was never sent, or an acknowledgement that never arrived. */
export function readLedger(file: string): readonly LedgerLine[] {
  if (!existsSync(file)) return [];
  const lines: LedgerLine[] = [];
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    const line = parse(text);
    if (line !== null) lines.push(line);
  }
  return lines;
}

function parse(text: string): LedgerLine | null {
  if (text === '') return null;
  try {
    return ledgerLine.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
