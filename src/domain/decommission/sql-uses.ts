import type { Plan } from '../plan/plan.ts';
import type { MetricReader } from '../ports/metrics.ts';

/** How often the application still used plain SQL; the metric tells by which call sites. */
export interface SqlUses {
  readonly days: number;
  /** Null where no client reported: nobody knows, and PostgreSQL is not deleted on that. */
  readonly uses: number | null;
}

const DAY = 86_400_000;

/** Uses of `sql()` in the last days, as many as the grace will have. Clients report a zero as well. */
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
