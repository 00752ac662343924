import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** What an operation wants to find in its cells afterwards: a mark, or null for no row. */
const wanted = z.record(z.string(), z.string().nullable());
export type Wanted = z.infer<typeof wanted>;

const entry = z.union([
  z.object({ op: z.number(), wants: wanted }),
  z.object({ op: z.number(), outcome: z.enum(['acknowledged', 'refused', 'unknown']), error: z.string().optional() }),
]);

export type Outcome = 'acknowledged' | 'refused' | 'unknown';

export interface Operation {
  readonly wants: Wanted;
  /** `unknown` too where the process died before it could say. */
  readonly outcome: Outcome;
}

/** An operation's beginning and its outcome, written before anything else happens: a file survives the process that wrote it. */
export class Journal {
  readonly #file: string;
  #ops = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Runs an operation; an error that calls itself retryable promises that nothing took effect. */
  async run(wants: Wanted, work: () => Promise<unknown>): Promise<Outcome> {
    const op = this.#ops++;
    this.#write({ op, wants });
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

function outcomeOf(error: unknown): Outcome {
  return error instanceof Error && error.name === 'OutcomeUnknown' ? 'unknown' : 'refused';
}

export function readJournal(file: string): readonly Operation[] {
  if (!existsSync(file)) return [];
  const operations = new Map<number, Operation>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const read = entry.parse(JSON.parse(line));
    const known = operations.get(read.op);
    if ('wants' in read) operations.set(read.op, { wants: read.wants, outcome: 'unknown' });
    else if (known !== undefined) operations.set(read.op, { ...known, outcome: read.outcome });
  }
  return [...operations.values()];
}
