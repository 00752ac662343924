import type { Random } from '../../../examples/campaigns/generator/random.ts';
import type { JournalClient } from '../journal-client.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Meter } from '../traffic-metrics.ts';
import type { Shelf } from './row-pool.ts';
import type { Survey } from './database-profile.ts';

/** What every operation has at hand. */
export interface Scene {
  readonly client: JournalClient;
  readonly survey: Survey;
  readonly shelf: Shelf;
  readonly ledger: Ledger;
  readonly meter: Meter;
  readonly random: Random;
  readonly worker: number;
}

export function pick<T>({ random }: Scene, from: readonly T[]): T | null {
  return from[random.between(0, Math.max(0, from.length - 1))] ?? null;
}
