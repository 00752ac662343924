/**
 * The nearest-rank percentile of `values`, in any order; `share` from 0 to 1. Null where there are no values.
 *
 * @example percentile([30, 10, 20], 0.5) // 20
 */
export function percentile(values: readonly number[], share: number): number | null {
  return weightedPercentile(
    values.map((value) => [value, 1]),
    share,
  );
}

/** The nearest-rank percentile of values that were each observed `count` times. Null where there are no values. */
export function weightedPercentile(
  values: readonly (readonly [value: number, count: number])[],
  share: number,
): number | null {
  const sorted = values.toSorted(([left], [right]) => left - right);
  const rank = Math.max(1, Math.ceil(share * sorted.reduce((sum, [, count]) => sum + count, 0)));
  let counted = 0;
  for (const [value, count] of sorted) {
    counted += count;
    if (counted >= rank) return value;
  }
  return null;
}
