import type { Plan } from '../../plan/plan.ts';

// The relay runs in rounds of a minute at worst: a row that waits for it must not be given up before.
const RELAY_ROUND_MS = 75_000;
// A write ends with the deadline of its last request; the rest is for the commit that follows.
const MARGIN_MS = 250;

export interface RecheckLimits {
  readonly indexKeys: ReadonlySet<string>;
  readonly stableMs: number;
  readonly stabilityTimeoutMs: number;
  readonly alarmBytes: number;
}

/** How long a difference has to stand before it is one, by the plan's own deadlines. */
export function recheckLimits(plan: Plan): RecheckLimits {
  const stableMs = plan.writes.deadlineSeconds * 1000 + MARGIN_MS;
  return {
    indexKeys: new Set(plan.table.indexes.flatMap((index) => [`${index}PK`, `${index}SK`])),
    stableMs,
    stabilityTimeoutMs: Math.max(4 * stableMs, RELAY_ROUND_MS),
    alarmBytes: plan.sizes.alarmBytes,
  };
}
