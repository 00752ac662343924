import type { Random } from '../../../examples/campaigns/generator/random.ts';
import type { TrafficClient } from '../traffic-client.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { TrafficMetrics } from '../traffic-metrics.ts';
import type { RowPool } from './row-pool.ts';
import type { DatabaseProfile } from './database-profile.ts';

/** The context of every operation. */
export interface OperationContext {
  readonly client: TrafficClient;
  readonly profile: DatabaseProfile;
  readonly rowPool: RowPool;
  readonly ledger: Ledger;
  readonly trafficMetrics: TrafficMetrics;
  readonly random: Random;
  readonly worker: number;
}

export function pick<T>({ random }: OperationContext, from: readonly T[]): T | null {
  return from[random.between(0, Math.max(0, from.length - 1))] ?? null;
}
