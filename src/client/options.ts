import type { Plan } from '../domain/plan/plan.ts';
import type { Bodies } from '../domain/ports/bodies.ts';
import type { ControlTable } from '../domain/ports/control.ts';
import type { Metrics } from '../domain/ports/metrics.ts';
import type { SqlSource } from '../domain/ports/source.ts';
import type { Intents, Table } from '../domain/ports/table.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { ClientLogger } from './logger.ts';
import type { Hook } from '../domain/protocol/test-hook.ts';

/**
 * What an application passes to `openClient`. `source` is a `createPgSource` or `createDataApiSource`; the other ports are those of
 * `src/adapters`. The plan must be the one that the migration runs with (docs/plan.md).
 */
export interface ClientOptions {
  readonly plan: Plan;
  readonly source: SqlSource;
  readonly table: Table;
  readonly intents: Intents;
  readonly bodies: Bodies;
  readonly control: ControlTable;
  readonly metrics: Metrics;
  /** The machine's clock by default. Leases and deadlines use its monotonic time, in milliseconds. */
  readonly clock?: Clock;
  readonly ids?: { uuid(): string };
  /** Name of this process in logs and errors; nothing depends on it. */
  readonly instance?: string;
  /** Interval between two flushes of the metrics, in milliseconds; 10,000 by default. */
  readonly flushMs?: number;
  /** Share of reads to compare with the other store, from 0 to 1: 1 in mode `shadow` and 0.25 in mode `reads` by default. */
  readonly compare?: { readonly shadow?: number; readonly reads?: number };
  /** Where the client logs: `portage-client` at POWERTOOLS_LOG_LEVEL (WARN unless set) by default. Rows, keys and SQL are never logged. */
  readonly logger?: ClientLogger;
  /** Named interruption points of writes, for tests. */
  readonly hook?: Hook;
}
