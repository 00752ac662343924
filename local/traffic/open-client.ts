import type { Ports } from '../../handlers/wiring/ports.ts';
import { silentLogger } from '../../src/client/logger.ts';
import { openClient } from '../../src/client/open-client.ts';
import type { Metrics } from '../../src/domain/ports/metrics.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import type { TrafficClient } from './traffic-client.ts';
import { skipColdReads } from './skip-cold-reads.ts';

export interface OpenedClient {
  readonly client: TrafficClient;
  close(): Promise<void>;
}

/** Metrics reach the guard while a stage is baked, which locally takes seconds. */
const FLUSH_MS = 1_000;

/** The client that the application imports, on the ports of this process. */
export async function openTrafficClient({
  ports,
  table,
  metrics,
}: {
  readonly ports: Pick<Ports, 'plan' | 'sql' | 'intents' | 'bodies' | 'control'>;
  readonly table: Table;
  readonly metrics: Metrics;
}): Promise<OpenedClient> {
  const { plan, sql: source, intents, bodies, control } = ports;
  const client = await openClient({
    plan,
    source,
    table,
    intents,
    bodies,
    control,
    metrics: skipColdReads(metrics),
    flushMs: FLUSH_MS,
    logger: silentLogger,
    instance: `traffic ${process.pid}`,
  });
  return { client, close: () => client.close() };
}
