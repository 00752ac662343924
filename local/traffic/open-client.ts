import type { Ports } from '../../handlers/wiring/compose.ts';
import { openClient } from '../../src/client/open-client.ts';
import type { Metrics } from '../../src/domain/ports/metrics.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import type { JournalClient } from './journal-client.ts';
import { warmLatency } from './skip-cold-reads.ts';

export interface OpenedClient {
  readonly client: JournalClient;
  close(): Promise<void>;
}

/** Metrics reach the guard while a stage is baked, which locally takes seconds. */
const FLUSH_MS = 1_000;

/** The client that the application imports, on the ports of this process. */
export async function openJournalClient({
  ports,
  table,
  metrics,
}: {
  readonly ports: Ports;
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
    metrics: warmLatency(metrics),
    flushMs: FLUSH_MS,
    instance: `traffic ${process.pid}`,
  });
  return { client, close: () => client.close() };
}
