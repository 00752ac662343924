import { Client } from 'pg';
import { percentile } from '../../src/domain/percentile.ts';
import { openBenchEnvironment, type BenchEnvironment } from './bench-environment.ts';

export interface CaptureFigures {
  readonly captured: boolean;
  readonly rowsPerSecond: number;
  readonly p99Ms: number;
  /** Rows of one statement that writes many. */
  readonly bulkRowsPerSecond: number;
}

const WRITERS = 4;
const WRITES = 500;
const BULK = 20_000;

/** Cost of the application's own writes with and without capture, on one server. */
export async function measureCapture(): Promise<readonly CaptureFigures[]> {
  const environment = await openBenchEnvironment();
  try {
    await environment.insert(1, BULK);
    await measure(environment, false);
    const without = await measure(environment, false);
    await environment.capture();
    return [without, await measure(environment, true)];
  } finally {
    await environment.stop();
  }
}

async function measure(environment: BenchEnvironment, captured: boolean): Promise<CaptureFigures> {
  const waits: number[] = [];
  const clients = await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const client = new Client({ connectionString: environment.facts.connectionString });
      await client.connect();
      return client;
    }),
  );
  const started = performance.now();
  await Promise.all(
    clients.map(async (client, writer) => {
      for (let n = 0; n < WRITES; n++) {
        const begun = performance.now();
        await client.query('UPDATE events SET note = $2 WHERE id = $1', [1 + n * WRITERS + writer, `note ${n}`]);
        waits.push(performance.now() - begun);
      }
    }),
  );
  const rowsPerSecond = ((WRITERS * WRITES) / (performance.now() - started)) * 1_000;
  await Promise.all(clients.map((client) => client.end()));
  const bulk = performance.now();
  await environment.psql.query('UPDATE events SET owner = owner + 1');
  return {
    captured,
    rowsPerSecond,
    p99Ms: percentile(waits, 0.99) ?? Number.NaN,
    bulkRowsPerSecond: (BULK / (performance.now() - bulk)) * 1_000,
  };
}
