import { randomOf } from '../../examples/campaigns/generator/random.ts';

/** The rows that the processes of a run write. Each writer has its own rows, so their expected content is known. */
export interface WriterRows {
  readonly users: readonly string[];
  readonly campaign: string;
  readonly sessions: readonly string[];
}

export function writerRowsOf(seed: number, writer: string): WriterRows {
  const random = randomOf(seed, `rows ${writer}`);
  return {
    users: [random.uuid(), random.uuid(), random.uuid()],
    campaign: random.uuid(),
    sessions: [random.uuid(), random.uuid(), random.uuid(), random.uuid()],
  };
}

/** A row that every writer writes, each into a column of its own. */
export function sharedUser(seed: number): string {
  return randomOf(seed, 'shared').uuid();
}
