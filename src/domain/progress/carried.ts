import { BacklogNotEmpty } from '../errors.ts';
import type { CarriedColumn, GenerationFacts } from '../ports/control.ts';

/** The columns that are being carried: neither do all items have them, nor may PostgreSQL go. */
export function unfinishedColumns({ carried = [] }: Pick<GenerationFacts, 'carried'>): readonly CarriedColumn[] {
  return carried.filter(({ finished }) => finished === null);
}

/** Throws BacklogNotEmpty unless this number of tables with a column that is still to be carried is 0. */
export function assertAllCarried(carrying: number): void {
  if (carrying > 0)
    throw new BacklogNotEmpty({ pending: 0, parked: 0, missed: 0, adopting: 0, carrying, intents: 0, openWriters: 0 });
}
