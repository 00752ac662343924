import type { Random } from '../../examples/campaigns/generator/random.ts';
import type { ModeState } from '../../src/domain/mode/modes.ts';
import type { BypassWriter } from './bypass-writer.ts';
import type { Shapes } from './ledger/columns.ts';
import type { SeededRow } from './ledger/expectation.ts';
import type { TrafficClient } from './traffic-client.ts';
import type { Ledger, LedgerLine } from './ledger/ledger.ts';
import type { TrafficMetrics } from './traffic-metrics.ts';

/** The application that uses the database during the migration. Each worker does one thing after the other; no two write the same row. */
export interface Application {
  /** Where its rows are, for the check of the ledger at the end. */
  readonly shapes: Shapes;
  readonly seededRow: SeededRow;
  /** One read or write of a worker, through the client. */
  operate(worker: number): Promise<void>;
  /** One write of the job that goes past the client; its worker's number is the last. */
  runBypassJob(bypass: BypassWriter): Promise<void>;
  /** Compares the results of both stores while it runs, if nothing else does. */
  watch?(running: () => boolean): Promise<void>;
}

/** What an application finds in its process. */
export interface ApplicationContext {
  readonly client: TrafficClient;
  readonly ledger: Ledger;
  readonly trafficMetrics: TrafficMetrics;
  /** The ledger of an earlier process that was killed. */
  readonly earlier: readonly LedgerLine[];
  /** By how many the rows are divided: the workers, and the job. */
  readonly owners: number;
  random(worker: number): Random;
  /** The mode as last seen, for what the application does differently; never for what the client decides. */
  mode(): ModeState | null;
}
