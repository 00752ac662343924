import type { RowDigests } from '../../ports/row-digests.ts';
import type { KeyRange, RowSource } from '../../ports/source.ts';
import type { Identity } from '../../row.ts';
import type { MonotonicClock } from '../../ports/clock.ts';

/** How fast the source is read: as fast as it can bear. */
export interface Throttle {
  /** Waits until this many more rows may be asked for. */
  acquire(rows: number): Promise<void>;
  /** How long the source took for one row by its key: what the application feels of it. */
  observe(milliseconds: number): void;
  /** Rows a second that are allowed now, null = as many as come; and the p99 that this follows. */
  state(): { readonly limit: number | null; readonly p99Ms: number | null };
}

/** A judgement takes what was observed in so long, however little that is. */
const WINDOW_MS = 1000;
/** Often enough to notice, seldom enough to cost nothing. */
const PROBE_EVERY_MS = 500;
/** Slow enough for any source that answers at all, fast enough for a part to end within its function's time. */
const SLOWEST = 100;
const SLOWER = 0.5;
const FASTER = 1.5;

/**
 * A pace that keeps the source's p99 under a target by itself (RACE 38): above it the rate halves, from what really passed; below it, the
 * rate grows by half, until the limit stands far above what comes anyway and is dropped.
 */
export function createThrottle(targetMs: number, time: MonotonicClock): Throttle {
  let limit: number | null = null;
  let next = time.monotonic();
  let observed: number[] = [];
  let p99Ms: number | null = null;
  let passed = 0;
  let since = next;
  const judge = (): void => {
    const now = time.monotonic();
    const rate = (passed / Math.max(1, now - since)) * 1000;
    p99Ms = percentile(observed, 0.99);
    if (p99Ms > targetMs) limit = Math.max(SLOWEST, Math.min(limit ?? rate, rate) * SLOWER);
    else if (limit !== null) limit = limit * FASTER > 8 * Math.max(rate, SLOWEST) ? null : limit * FASTER;
    observed = [];
    passed = 0;
    since = now;
  };
  return {
    acquire: async (rows) => {
      passed += rows;
      if (limit === null) return;
      const now = time.monotonic();
      const start = Math.max(now, next);
      next = start + (rows / limit) * 1000;
      if (start > now) await time.sleep(start - now);
    },
    observe: (milliseconds) => {
      observed.push(milliseconds);
      if (time.monotonic() - since >= WINDOW_MS) judge();
    },
    state: () => ({ limit: limit === null ? null : Math.round(limit), p99Ms }),
  };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** What of the source a verification reads in bulk. */
export interface BulkReads {
  readonly rows: RowSource;
  readonly rowDigests: RowDigests;
}

/** The source at a pace. Beside the pages, now and then, one row is read by its key, whose time is what the pace follows. */
export function throttled({ rows, rowDigests }: BulkReads, pace: Throttle, time: MonotonicClock): BulkReads {
  let probed = Number.NEGATIVE_INFINITY;
  const probe = async (entity: string, identity: Identity | null | undefined): Promise<void> => {
    const started = time.monotonic();
    if (!identity || started - probed < PROBE_EVERY_MS) return;
    probed = started;
    await rows.rows(entity, [identity]);
    pace.observe(time.monotonic() - started);
  };
  const bulk = async <T>(
    size: number,
    entity: string,
    near: Identity | null | undefined,
    read: () => Promise<T>,
  ): Promise<T> => {
    await pace.acquire(size);
    const [answer] = await Promise.all([read(), probe(entity, near)]);
    return answer;
  };
  return {
    rowDigests: (entity, identities) =>
      bulk(identities.length, entity, identities[0], () => rowDigests(entity, identities)),
    rows: {
      ...rows,
      rows: (entity, identities) => bulk(identities.length, entity, identities[0], () => rows.rows(entity, identities)),
      page: (entity, range, limit) => bulk(limit, entity, boundOf(range), () => rows.page(entity, range, limit)),
      keys: (entity, range, limit) => bulk(limit, entity, boundOf(range), () => rows.keys(entity, range, limit)),
    },
  };
}

function boundOf({ after, upTo }: KeyRange): Identity | null {
  return after ?? upTo;
}
