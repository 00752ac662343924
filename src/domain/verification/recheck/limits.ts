import type { Plan } from '../../plan/plan.ts';

// The relay may take a minute for a round: a row that waits for it must not be given up before.
const RELAY_ROUND_MS = 75_000;
// A write's last request ends by its deadline; the margin is for the commit that follows.
const MARGIN_MS = 250;

export interface RecheckLimits {
  readonly indexKeys: ReadonlySet<string>;
  readonly stableMs: number;
  readonly stabilityTimeoutMs: number;
  readonly alarmBytes: number;
}

/** How long a difference must persist before it counts, derived from the plan's deadlines. */
export function recheckLimits(plan: Plan): RecheckLimits {
  const stableMs = plan.writes.deadlineSeconds * 1000 + MARGIN_MS;
  return {
    indexKeys: new Set(plan.table.indexes.flatMap((index) => [`${index}PK`, `${index}SK`])),
    stableMs,
    stabilityTimeoutMs: Math.max(4 * stableMs, RELAY_ROUND_MS),
    alarmBytes: plan.sizes.alarmBytes,
  };
}
