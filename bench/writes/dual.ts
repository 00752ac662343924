import { silentLogger } from '../../src/client/logger.ts';
import { type Client, openClient } from '../../src/client/open-client.ts';
import type { Way } from '../../local/engines/connect.ts';
import { WAYS } from '../../local/engines/connect.ts';
import { percentile } from '../../src/domain/percentile.ts';
import type { SqlSource } from '../../src/domain/ports/source.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import { GENERATION, openBenchEnvironment, type BenchEnvironment } from './bench-environment.ts';

export interface DualFigures {
  readonly way: Way;
  /** Calls that one write of one row waits for. */
  readonly sourceCalls: number;
  readonly flushes: number;
  readonly targetCalls: number;
  /** Flushes for this many writes at once. */
  readonly together: { readonly writes: number; readonly flushes: number };
  readonly writesPerSecond: number;
  readonly p99Ms: number;
}

interface Counter {
  calls: number;
  flushes: number;
  targetCalls: number;
}

const TOGETHER = 20;
const TIMED = 200;

export async function measureDual(): Promise<readonly DualFigures[]> {
  const environment = await openBenchEnvironment();
  try {
    await environment.capture();
    const { control } = environment.connected;
    await control.move(await control.mode(), {
      mode: 'dual',
      readPercent: 0,
      generation: GENERATION,
      stoppedFrom: null,
      mappingRevision: 0,
    });
    const figures: DualFigures[] = [];
    for (const way of WAYS) figures.push(await measure(environment, way));
    return figures;
  } finally {
    await environment.stop();
  }
}

async function measure(environment: BenchEnvironment, way: Way): Promise<DualFigures> {
  const counter: Counter = { calls: 0, flushes: 0, targetCalls: 0 };
  const { connected, plan } = environment;
  const client = await openClient({
    logger: silentLogger,
    ...connected,
    plan,
    source: counting(connected.sources[way], counter),
    table: countingTable(connected.table, counter),
    metrics: { count: () => {}, milliseconds: () => {}, flush: () => Promise.resolve() },
  });
  let id = way === 'pg' ? 1_000_000 : 1;
  const put = (client: Client) => client.put('EVENT', { id: id++, owner: 1, note: 'x', at: new Date() });
  await put(client);
  reset(counter);
  await put(client);
  const { calls, flushes, targetCalls } = counter;
  reset(counter);
  await Promise.all(Array.from({ length: TOGETHER }, () => put(client)));
  const together = { writes: TOGETHER, flushes: counter.flushes };
  const waits: number[] = [];
  const started = performance.now();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let n = 0; n < TIMED / 8; n++) {
        const begun = performance.now();
        await put(client);
        waits.push(performance.now() - begun);
      }
    }),
  );
  const writesPerSecond = (TIMED / (performance.now() - started)) * 1_000;
  await client.close();
  return {
    way,
    sourceCalls: calls,
    flushes,
    targetCalls,
    together,
    writesPerSecond,
    p99Ms: percentile(waits, 0.99) ?? Number.NaN,
  };
}

function reset(counter: Counter): void {
  Object.assign(counter, { calls: 0, flushes: 0, targetCalls: 0 });
}

/** Each call is a round trip; the flush is the one on another connection. */
function counting(source: SqlSource, counter: Counter): SqlSource {
  return {
    query: (text, parameters) => {
      if (text.includes('portage.flush(')) counter.flushes++;
      else counter.calls++;
      return source.query(text, parameters);
    },
    begin: async () => {
      counter.calls++;
      const tx = await source.begin();
      const called = <T>(work: () => Promise<T>): Promise<T> => {
        counter.calls++;
        return work();
      };
      return {
        query: (text, parameters) => called(() => tx.query(text, parameters)),
        commit: () => called(() => tx.commit()),
        rollback: () => called(() => tx.rollback()),
      };
    },
  };
}

function countingTable(table: Table, counter: Counter): Table {
  const called = <T>(call: Promise<T>): Promise<T> => {
    counter.targetCalls++;
    return call;
  };
  return {
    insertAbsent: (items) => called(table.insertAbsent(items)),
    putNewer: (item) => called(table.putNewer(item)),
    putIfSeen: (item, seen) => called(table.putIfSeen(item, seen)),
    transact: (items, intent, token) => called(table.transact(items, intent, token)),
    get: (keys, options) => called(table.get(keys, options)),
    query: (query) => called(table.query(query)),
    scan: (segment, segments, after) => called(table.scan(segment, segments, after)),
  };
}
