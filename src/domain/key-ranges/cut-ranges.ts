import type { KeyRange } from '../ports/source.ts';
import type { Identity } from '../row.ts';
import type { RowWalk } from './walk-rows.ts';

/**
 * Cuts an entity into at most `parts` ranges of about equal size that cover all identities, open at both ends: rows may come before the
 * first one and after the last one that was walked.
 */
export function cutRanges(walk: RowWalk, parts: number): readonly KeyRange[] {
  const inside = marksInside(walk);
  const size = walk.rows / walk.every / Math.max(1, parts);
  const chosen = Array.from({ length: Math.max(0, parts - 1) }, (_, part) => Math.round((part + 1) * size) - 1);
  return between([...new Set(chosen)].map((at) => inside[at]).filter((mark) => mark !== undefined));
}

/** Cuts an entity at every mark. */
export function cutAtMarks(walk: RowWalk): readonly KeyRange[] {
  return between(marksInside(walk));
}

/** Without a mark at the last row: the range after it would be empty. */
function marksInside({ marks, every, rows }: RowWalk): readonly Identity[] {
  return marks.slice(0, Math.max(0, Math.ceil(rows / every) - 1));
}

function between(bounds: readonly Identity[]): readonly KeyRange[] {
  return [...bounds, null].map((upTo, at) => ({ after: bounds[at - 1] ?? null, upTo }));
}
