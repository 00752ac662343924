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
