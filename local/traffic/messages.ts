import type { Credentials } from '../process/credentials.ts';
import type { TrafficFault } from './faults.ts';
import type { TrafficCounts, TrafficStats } from './traffic-metrics.ts';
import type { LostWrite } from './ledger/find-lost-writes.ts';

/**
 * Which application the traffic simulates: the reference application, or one derived from the plan
 * and the data.
 */
export type ApplicationOptions =
  | {
      readonly kind: 'campaigns';
      readonly scale: number;
      /** App client of the user pool; null = no sign-ins. */
      readonly clientId: string | null;
    }
  | {
      readonly kind: 'generated';
      /** The database profile: created by the first start, read by later ones. */
      readonly profileFile: string;
    };

/** Configuration of the traffic; AWS endpoints and PORTAGE_… names are in its environment. */
export interface TrafficOptions {
  readonly seed: number;
  readonly application: ApplicationOptions;
  /** Operations per second in all, as long as the stores keep up. */
  readonly rate: number;
  readonly workers: number;
  readonly ledgerFile: string;
  /** Failures of operations, one a line. */
  readonly logFile: string;
  /** PostgreSQL as the bypassing job logs in, and as the final check does while PostgreSQL is the truth. */
  readonly legacyUrl: string;
  readonly checkUrl: string;
  /** Of the final check in DynamoDB, which reads the whole table: the application may not. */
  readonly checkCredentials: Credentials;
  readonly fault: TrafficFault | null;
}

export interface TrafficReport extends TrafficStats {
  readonly authority: 'postgres' | 'dynamodb';
  readonly attempted: number;
  readonly acknowledged: number;
  readonly rowsChecked: number;
  readonly lost: number;
  readonly examples: readonly LostWrite[];
}

export type ToTraffic =
  | { readonly type: 'start'; readonly options: TrafficOptions }
  | { readonly type: 'fault'; readonly fault: TrafficFault | null }
  /** Ends the load, waits for what is in flight, checks the ledger, reports. */
  | { readonly type: 'stop' };

export type FromTraffic =
  | { readonly type: 'started' }
  | { readonly type: 'stats'; readonly stats: TrafficCounts; readonly memoryBytes: number }
  | { readonly type: 'report'; readonly report: TrafficReport }
  | { readonly type: 'broken'; readonly message: string };
