import type { Random } from '../../../examples/campaigns/generator/random.ts';
import type { ModeState } from '../../../src/domain/mode/modes.ts';
import type { TrafficClient } from '../traffic-client.ts';
import type { CampaignRows } from './campaign-rows.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { TrafficMetrics } from '../traffic-metrics.ts';

/** The context of every operation of the traffic. */
export interface OperationContext {
  readonly client: TrafficClient;
  readonly campaignRows: CampaignRows;
  readonly ledger: Ledger;
  readonly trafficMetrics: TrafficMetrics;
  readonly random: Random;
  /** This worker's number, and the number of writers that the rows are divided among. */
  readonly worker: number;
  readonly owners: number;
  /** The last known mode, for the application's own choices; the client reads its own. */
  mode(): ModeState | null;
}

/** Rows that all workers write at once; the others belong to one worker each. */
export const CONTENDED_CHARACTERS = 3;

/** A seeded row's number that belongs to this worker. */
export function ownIndex({ random, worker, owners }: OperationContext, count: number, from = 0): number {
  const index = random.between(from, count - 1);
  const own = index - (index % owners) + worker;
  return own >= count || own < from
    ? Math.min(count - 1, from + ((((worker - from) % owners) + owners) % owners))
    : own;
}
