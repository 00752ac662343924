import { mapConcurrently } from '../concurrency.ts';
import type { ControlTable } from '../ports/control.ts';
import type { ItemCursor, Table } from '../ports/table.ts';
import { tombstoneStaleItems } from '../protocol/tombstone-stale-items.ts';
import { beganEmpty } from './install.ts';
import { type LoadSummary, summarizeLoad } from './run-load.ts';

/** What is left of the search for items of earlier generations. JSON-safe, and small: at most one cursor for each segment. */
export interface UnfinishedLoad {
  readonly tombstones: number;
  /** Segments of the table that are not done, each with the place to go on; null = from its beginning. */
  readonly open: readonly { readonly segment: number; readonly after: ItemCursor | null }[];
}

export interface FinishedLoad {
  /** Null = the load is finished; else what the next call has to do. */
  readonly unfinished: UnfinishedLoad | null;
  readonly summary: LoadSummary & { readonly tombstones: number };
}

export interface FinishLoadPorts {
  readonly control: ControlTable;
  readonly table: Pick<Table, 'scan' | 'putIfSeen'>;
}

export interface FinishLoadEvent {
  readonly generation: number;
  /** Stamp of the tombstones, ISO. */
  readonly now: string;
  /** What the call before left; null on the first one. */
  readonly from: UnfinishedLoad | null;
}

/** Segments of the table: so many cursors are a few kilobytes. */
const SEGMENTS = 32;
const AT_ONCE = 4;

/**
 * Counts a load, and replaces items of earlier generations with tombstones, until all is done or `pause` returns true.
 *
 * @throws RangeError where a segment of the load is not done
 */
export async function finishLoad(
  { control, table }: FinishLoadPorts,
  { generation, now, from }: FinishLoadEvent,
  pause: () => boolean,
): Promise<FinishedLoad> {
  const summary = await summarizeLoad(control, generation);
  if (await beganEmpty(control, generation)) return { unfinished: null, summary: { ...summary, tombstones: 0 } };
  const begun = from ?? {
    tombstones: 0,
    open: Array.from({ length: SEGMENTS }, (_, segment) => ({ segment, after: null })),
  };
  const reports = await mapConcurrently(AT_ONCE, begun.open, async ({ segment, after }, at) => {
    // The first ones are always worked on, so that each call gets further.
    if (at >= AT_ONCE && pause()) return { segment, next: after, tombstones: 0, done: false };
    const segments = SEGMENTS;
    const report = await tombstoneStaleItems(table, { generation, segment, segments, at: now, from: after, pause });
    return { ...report, segment, done: report.next === null };
  });
  const open = reports.filter(({ done }) => !done).map(({ segment, next }) => ({ segment, after: next }));
  const tombstones = reports.reduce((sum, report) => sum + report.tombstones, begun.tombstones);
  return { unfinished: open.length === 0 ? null : { tombstones, open }, summary: { ...summary, tombstones } };
}
