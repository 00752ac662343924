import type { Plan } from '../domain/plan/plan.ts';
import type { Bodies } from '../domain/ports/bodies.ts';
import type { ControlTable } from '../domain/ports/control.ts';
import type { Metrics } from '../domain/ports/metrics.ts';
import type { SqlSource } from '../domain/ports/source.ts';
import type { Intents, Table } from '../domain/ports/table.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Hook } from '../domain/protocol/test-hook.ts';

/** What an application gives the client. */
export interface ClientOptions {
  readonly plan: Plan;
  readonly source: SqlSource;
  readonly table: Table;
  readonly intents: Intents;
  readonly bodies: Bodies;
  readonly control: ControlTable;
  readonly metrics: Metrics;
  /** The machine's own unless given. */
  readonly clock?: Clock;
  readonly ids?: { uuid(): string };
  /** Name of this process in logs and errors; nothing depends on it. */
  readonly instance?: string;
  /** How often metrics are sent, in milliseconds; 10,000 unless given. */
  readonly flushMs?: number;
  /** Share of reads that are compared with the other store, from 0 to 1: in shadow (1 unless given), in reads (0.25). */
  readonly compare?: { readonly shadow?: number; readonly reads?: number };
  /** Named interruption points of writes, for tests. */
  readonly hook?: Hook;
}
