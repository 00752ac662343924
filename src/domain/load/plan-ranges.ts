import { type RowWalks, thin } from '../key-ranges/walk-rows.ts';
import type { KeyRange } from '../ports/source.ts';

/** One range of one entity: what a task of the distributed map loads. */
export interface LoadSegment {
  readonly entity: string;
  readonly range: KeyRange;
}

/** The ranges of a generation, fixed before the first row is loaded. */
export interface LoadPlan {
  readonly generation: number;
  readonly segments: readonly LoadSegment[];
  readonly rows: Readonly<Record<string, number>>;
}

/**
 * Distributes `target` parts over the entities in proportion to their rows. Each gets at least one, even an empty one: rows may have been
 * inserted since they were counted.
 */
export function shareParts(rows: Readonly<Record<string, number>>, target: number): Readonly<Record<string, number>> {
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  return Object.fromEntries(
    Object.entries(rows).map(([entity, count]) => [
      entity,
      Math.max(1, total === 0 ? 1 : Math.round((count / total) * target)),
    ]),
  );
}

/** What a record of the control table may take: an item has 400 KB. */
const RECORD_BYTES = 300_000;

/** The walks with so few marks that they fit into a record, however many entities there are and however long their identities. */
export function thinToRecord(walks: RowWalks): RowWalks {
  let thinned = walks;
  for (
    let most = 32;
    most >= 0 && Buffer.byteLength(JSON.stringify(thinned)) > RECORD_BYTES;
    most = Math.ceil(most / 2) - 1
  )
    thinned = Object.fromEntries(Object.entries(walks).map(([entity, walk]) => [entity, thin(walk, most)]));
  return thinned;
}
