import type { Random } from '../../examples/campaigns/generator/random.ts';
import type { ModeState } from '../../src/domain/mode/modes.ts';
import type { BypassWriter } from './bypass-writer.ts';
import type { Shapes } from './ledger/columns.ts';
import type { SeededRow } from './ledger/expectation.ts';
import type { TrafficClient } from './traffic-client.ts';
import type { Ledger, LedgerLine } from './ledger/ledger.ts';
import type { TrafficMetrics } from './traffic-metrics.ts';

/**
 * The application that uses the database during the migration. Each worker runs one operation after
 * another; no two workers write the same row.
 */
export interface Application {
  /** Where its rows are stored, for the final check of the ledger. */
  readonly shapes: Shapes;
  readonly seededRow: SeededRow;
  /** One read or write of a worker, through the client. */
  operate(worker: number): Promise<void>;
  /** One write of the job that bypasses the client; its worker's number is the last. */
  runBypassJob(bypass: BypassWriter): Promise<void>;
  /** Compares the results of both stores during the migration, if nothing else does. */
  watch?(running: () => boolean): Promise<void>;
}

/** What the application gets from its process. */
export interface ApplicationContext {
  readonly client: TrafficClient;
  readonly ledger: Ledger;
  readonly trafficMetrics: TrafficMetrics;
  /** The ledger of an earlier process that was killed. */
  readonly earlier: readonly LedgerLine[];
  /** The number of writers that the rows are divided among: the workers, and the job. */
  readonly owners: number;
  random(worker: number): Random;
  /** The last known mode, for the application's own choices; the client reads its own. */
  mode(): ModeState | null;
}
