import { encodeItem } from '../../src/domain/mapping/items/encode.ts';
import type { Item } from '../../src/domain/item.ts';
import { itemBytes } from '../../src/domain/mapping/items/item-size.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import { mapConcurrently } from '../../src/domain/concurrency.ts';
import { loadRange } from '../../src/domain/protocol/load-range.ts';
import { base } from '../../src/domain/versions.ts';
import { GENERATION, openBenchEnvironment, type BenchEnvironment } from './bench-environment.ts';

export interface LoadFigures {
  readonly rows: number;
  /** Write units of the items that were sent, for one unit that the items need; DynamoDB Local counts none for these calls. */
  readonly unitsRatio: number;
  readonly bareRowsPerSecond: number;
  readonly loadRowsPerSecond: number;
}

const WHOLE = { after: null, upTo: null };
const BATCH = 25;
const WIDTH = 8;
const ROUNDS = 3;

/**
 * The load against a bare loop of the same conditional batch call with items that are ready, each into an empty table, in turns: the figures
 * are those of the round with the median ratio, because the machine also does other work.
 */
export async function measureLoad(rows: number): Promise<LoadFigures> {
  const rounds: LoadFigures[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measureOnce(rows));
  const ratio = ({ loadRowsPerSecond, bareRowsPerSecond }: LoadFigures): number =>
    loadRowsPerSecond / bareRowsPerSecond;
  const middle = rounds.toSorted((left, right) => ratio(left) - ratio(right))[Math.floor(ROUNDS / 2)];
  if (middle === undefined) throw new Error('no round was measured');
  return middle;
}

async function measureOnce(rows: number): Promise<LoadFigures> {
  const bare = await withBenchEnvironment(rows, async (environment) => {
    const page = await environment.rows.page('EVENT', WHOLE, rows);
    const items = page.flatMap(({ image }) =>
      encodeItem(environment.entity, image, { version: base(GENERATION), txn: null, at: '' }),
    );
    const batches = Array.from({ length: Math.ceil(items.length / BATCH) }, (_, n) =>
      items.slice(n * BATCH, (n + 1) * BATCH),
    );
    await warm(environment);
    const started = performance.now();
    await mapConcurrently(WIDTH, batches, (batch) => environment.connected.table.insertAbsent(batch));
    return { perSecond: perSecond(items.length, started), least: unitsOf(items) };
  });
  const load = await withBenchEnvironment(rows, async (environment) => {
    await warm(environment);
    let units = 0;
    const table: Table = {
      ...environment.connected.table,
      insertAbsent: (items) => {
        units += unitsOf(items);
        return environment.connected.table.insertAbsent(items);
      },
    };
    const started = performance.now();
    await loadRange(
      { ...environment, ...environment.connected, table },
      {
        entity: environment.entity,
        generation: GENERATION,
        range: WHOLE,
        from: null,
        reload: false,
        at: '',
        width: WIDTH,
      },
    );
    return { perSecond: perSecond(rows, started), units };
  });
  return {
    rows,
    unitsRatio: load.units / bare.least,
    bareRowsPerSecond: bare.perSecond,
    loadRowsPerSecond: load.perSecond,
  };
}

async function withBenchEnvironment<T>(rows: number, work: (environment: BenchEnvironment) => Promise<T>): Promise<T> {
  const environment = await openBenchEnvironment();
  try {
    await environment.insert(1, rows);
    await environment.capture();
    return await work(environment);
  } finally {
    await environment.stop();
  }
}

/** The start of the engine is not measured. */
async function warm({ connected }: BenchEnvironment): Promise<void> {
  for (let n = 0; n < 2_000; n += BATCH) {
    const items = Array.from({ length: BATCH }, (_, at) => {
      const key = { S: `WARM#${n + at}` };
      return { PK: key, SK: key, _v: { N: '1' }, note: { S: 'x'.repeat(300) } };
    });
    await connected.table.insertAbsent(items);
  }
}

function unitsOf(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + Math.ceil(itemBytes(item) / 1024), 0);
}

function perSecond(count: number, started: number): number {
  return (count / (performance.now() - started)) * 1_000;
}
