import type { Plan } from '../plan/plan.ts';
import type { MetricReader } from '../ports/metrics.ts';

/** How often the application still used plain SQL; the metric's dimensions name the call sites. */
export interface SqlUses {
  readonly days: number;
  /** Null if no client reported: usage is unknown, and PostgreSQL must not be deleted. */
  readonly uses: number | null;
}

const DAY = 86_400_000;

/** Uses of `sql()` over as many past days as the grace period has. Clients report zero too. */
export async function countSqlUses(reader: MetricReader, plan: Plan, now: string): Promise<SqlUses> {
  const days = Math.max(1, plan.decommission.graceDays);
  const to = new Date(now);
  const [uses = null] = await reader.read(
    [{ name: 'SqlUses', dimensions: {}, statistic: 'Sum' }],
    new Date(to.getTime() - days * DAY),
    to,
  );
  return { days, uses };
}
