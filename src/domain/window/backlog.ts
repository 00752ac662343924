import type { Changelog, SourceBacklog } from '../ports/source.ts';
import type { IntentReader } from '../ports/table.ts';

export interface Backlog extends SourceBacklog {
  readonly intents: number;
}

/** Control record kind, id = `last`: the backlog as the sweeper last saw it, for `portage status`. */
export const BACKLOG = 'BACKLOG';

export interface BacklogRecord extends Backlog {
  readonly at: string;
  /** Since when the oldest pending change has been the same one; null where none is pending. */
  readonly oldestSince?: string | null;
  /** Why missed changes could not be repaired, the first few. */
  readonly failures: readonly string[];
}

/**
 * Since when, as far as two looks can tell, the oldest pending change has waited: the time of the look that first saw it as the
 * oldest. The changelog itself has no clock that is comparable with the sweeper's.
 *
 * @param at ISO time of this look
 */
export function oldestSince(previous: BacklogRecord | null, { oldest }: Backlog, at: string): string | null {
  if (oldest === null) return null;
  return previous?.oldest === oldest ? (previous.oldestSince ?? previous.at) : at;
}

/** Changes that have not reached DynamoDB at this moment. */
export async function readBacklog(changelog: Changelog, intents: IntentReader): Promise<Backlog> {
  const [source, open] = await Promise.all([changelog.backlog(), intents.list()]);
  return { ...source, intents: open.length };
}

/** The sum of all counts except open writers, whose changes are not committed yet. */
export function backlogSize({ pending, parked, missed, adopting, carrying, intents }: Backlog): number {
  return pending + parked + missed + adopting + carrying + intents;
}

/** The reasons why a backlog is not empty; none if all counts are 0. */
export function backlogReasons(backlog: Backlog): readonly string[] {
  return [
    ...(backlog.pending > 0 ? [`${backlog.pending} changelog rows not relayed`] : []),
    ...(backlog.parked > 0 ? [`${backlog.parked} changelog rows parked`] : []),
    ...(backlog.missed > 0 ? [`${backlog.missed} changes missed by capture`] : []),
    ...(backlog.adopting > 0 ? [`${backlog.adopting} new partitions or children not carried`] : []),
    ...(backlog.carrying > 0 ? [`${backlog.carrying} tables with a new column that is being carried`] : []),
    ...(backlog.intents > 0 ? [`${backlog.intents} intents open`] : []),
    ...(backlog.openWriters > 0 ? [`${backlog.openWriters} writing transactions open`] : []),
  ];
}

/**
 * Waits until every change and intent that was open at the start is processed, and nothing is parked. With live writers something is
 * always in flight, so a backlog that is empty at one instant would prove less. `pause` waits between two reads of the backlog.
 */
export async function settleBacklog(
  changelog: Changelog,
  intents: IntentReader,
  pause: () => Promise<void>,
  looks: number,
): Promise<readonly string[]> {
  const first = new Set((await intents.list()).map(({ txn }) => txn));
  const { newest } = await changelog.backlog();
  for (let look = 1; ; look += 1) {
    const [backlog, open] = await Promise.all([changelog.backlog(), intents.list()]);
    const { oldest } = backlog;
    const processed = oldest === null || newest === null || oldest > newest;
    const reasons = backlogReasons({
      ...backlog,
      pending: processed ? 0 : backlog.pending,
      intents: open.filter(({ txn }) => first.has(txn)).length,
      openWriters: 0,
    });
    if (reasons.length === 0 || look >= looks) return reasons;
    await pause();
  }
}
