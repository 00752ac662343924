import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';

/** What a write should leave in each of its cells: a mark, or null for no row. */
const expectedCells = z.record(z.string(), z.string().nullable());
export type ExpectedCells = z.infer<typeof expectedCells>;

const entry = z.union([
  z.object({ op: z.number(), expected: expectedCells }),
  z.object({ op: z.number(), outcome: z.enum(['acknowledged', 'refused', 'unknown']), error: z.string().optional() }),
]);

export type WriteOutcome = 'acknowledged' | 'refused' | 'unknown';

export interface JournaledWrite {
  readonly expected: ExpectedCells;
  /** Also `unknown` if the process died before it recorded an outcome. */
  readonly outcome: WriteOutcome;
}

/** An operation's beginning and its outcome, written before anything else happens: a file survives the process that wrote it. */
export class Journal {
  readonly #file: string;
  #ops = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Runs an operation. A retryable error means that nothing took effect. */
  async run(expected: ExpectedCells, work: () => Promise<unknown>): Promise<WriteOutcome> {
    const op = this.#ops++;
    this.#write({ op, expected });
    const { outcome, error } = await work().then(
      () => ({ outcome: 'acknowledged' as const, error: undefined }),
      (error: unknown) => ({ outcome: outcomeOf(error), error: String(error) }),
    );
    this.#write({ op, outcome, error });
    return outcome;
  }

  #write(line: object): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

function outcomeOf(error: unknown): WriteOutcome {
  return error instanceof Error && error.name === 'OutcomeUnknown' ? 'unknown' : 'refused';
}

export function readJournal(file: string): readonly JournaledWrite[] {
  if (!existsSync(file)) return [];
  const writes = new Map<number, JournaledWrite>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const read = entry.parse(JSON.parse(line));
    const known = writes.get(read.op);
    if ('expected' in read) writes.set(read.op, { expected: read.expected, outcome: 'unknown' });
    else if (known !== undefined) writes.set(read.op, { ...known, outcome: read.outcome });
  }
  return [...writes.values()];
}
