import * as z from 'zod';
import { answerOf } from '../live-memory.ts';
import type { MemoryPart } from './memory-process.ts';
import { openBenchEnvironment, type BenchEnvironment } from './bench-environment.ts';

export interface MemoryFigures {
  readonly work: MemoryPart['work'];
  readonly rows: number;
  readonly target: MemoryPart['target'];
  /** Highest live memory of all samples. */
  readonly liveBytes: number;
  /** The most that the process held, garbage included. */
  readonly residentBytes: number;
  readonly seconds: number;
}

const SMALLEST = 10_000;
/** More rows go to a stand-in for the target: a million would keep DynamoDB Local busy for longer than all the rest takes. */
const MOST_TO_DYNAMODB = 100_000;
const PRUNE_MS = 10_000;

const found = z.object({ liveBytes: z.number(), residentBytes: z.number() });

/**
 * Memory of load and relay by the number of rows, from ten thousand in tenfold steps: each in a process of its own, so that none inherits
 * another's heap, all on the same engines, each on rows of its own.
 */
export async function measureMemory(most: number): Promise<readonly MemoryFigures[]> {
  const sizes: number[] = [];
  for (let rows = SMALLEST; rows < most; rows *= 10) sizes.push(rows);
  sizes.push(most);
  const environment = await openBenchEnvironment();
  try {
    // Small rows: what is measured is what grows with their number.
    await environment.psql.query(
      `INSERT INTO events (id, owner, note) SELECT i, i % 97, 'note ' || i FROM generate_series(1, $1::int) i`,
      [sizes.reduce((sum, rows) => sum + rows, 0)],
    );
    await environment.psql.query('ANALYZE events');
    await environment.capture();
    const figures: MemoryFigures[] = [];
    for (const work of ['load', 'relay'] as const) {
      let after = 0;
      for (const rows of sizes) {
        if (work === 'relay') {
          await environment.psql.query('UPDATE events SET owner = owner + 1 WHERE id > $1 AND id <= $2', [
            after,
            after + rows,
          ]);
          await environment.psql.query('ANALYZE portage.changelog, portage.done');
        }
        const target = rows > MOST_TO_DYNAMODB ? 'stand-in' : 'DynamoDB Local';
        figures.push(await measure(environment, { work, rows, after, target }));
        after += rows;
      }
    }
    return figures;
  } finally {
    await environment.stop();
  }
}

async function measure(environment: BenchEnvironment, part: Omit<MemoryPart, 'facts'>): Promise<MemoryFigures> {
  const started = performance.now();
  // As the sweeper does; otherwise the relay would skip the finished changes again in each round.
  let pruning: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => (pruning = pruning.then(() => environment.changelog.prune())), PRUNE_MS);
  const answer = await answerOf(new URL('memory-process.ts', import.meta.url), {
    ...part,
    facts: environment.facts,
  } satisfies MemoryPart).finally(() => clearInterval(timer));
  await pruning;
  const seconds = (performance.now() - started) / 1_000;
  return { work: part.work, rows: part.rows, target: part.target, ...found.parse(answer), seconds };
}
