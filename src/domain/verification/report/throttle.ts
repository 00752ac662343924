import type { RowDigests } from '../../ports/row-digests.ts';
import type { KeyRange, RowSource } from '../../ports/source.ts';
import type { Identity } from '../../row.ts';
import { percentile } from '../../percentile.ts';
import type { MonotonicClock } from '../../ports/clock.ts';

/** Adaptive rate limiter for reads from the source. */
export interface Throttle {
  /** Waits until this many more rows may be read. */
  acquire(rows: number): Promise<void>;
  /** Takes the time of one read by key, which is what the application experiences. */
  observe(milliseconds: number): void;
  /** Rows a second that are allowed now, null = no limit; and the p99 that the limit follows. */
  state(): { readonly limit: number | null; readonly p99Ms: number | null };
}

/** The rate is adjusted by the reads observed in this time, however few they are. */
const WINDOW_MS = 1000;
/** Often enough to notice a slow source, seldom enough to cost next to nothing. */
const PROBE_EVERY_MS = 500;
/** Slow enough for any working source, fast enough for a part to end within its function's time limit. */
const MIN_ROWS_PER_SECOND = 100;
const DECREASE_FACTOR = 0.5;
const INCREASE_FACTOR = 1.5;

/**
 * A throttle that keeps the source's p99 under `targetMs` (RACE-38): above it, the limit is set to half of the actual throughput; below
 * it, the limit grows by half until it exceeds 8 times the actual throughput, then it is removed.
 */
export function createThrottle(targetMs: number, time: MonotonicClock): Throttle {
  let limit: number | null = null;
  let next = time.monotonic();
  let observed: number[] = [];
  let p99Ms: number | null = null;
  let passed = 0;
  let since = next;
  const adjust = (): void => {
    const now = time.monotonic();
    const rate = (passed / Math.max(1, now - since)) * 1000;
    p99Ms = percentile(observed, 0.99) ?? 0;
    if (p99Ms > targetMs) limit = Math.max(MIN_ROWS_PER_SECOND, Math.min(limit ?? rate, rate) * DECREASE_FACTOR);
    else if (limit !== null)
      limit = limit * INCREASE_FACTOR > 8 * Math.max(rate, MIN_ROWS_PER_SECOND) ? null : limit * INCREASE_FACTOR;
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
      if (time.monotonic() - since >= WINDOW_MS) adjust();
    },
    state: () => ({ limit: limit === null ? null : Math.round(limit), p99Ms }),
  };
}

/** The bulk reads of a verification. */
export interface BulkReads {
  readonly rows: RowSource;
  readonly rowDigests: RowDigests;
}

/** Throttles bulk reads. Twice a second, one row is also read by its key, and its time is what the throttle follows. */
export function throttled({ rows, rowDigests }: BulkReads, throttle: Throttle, time: MonotonicClock): BulkReads {
  let probed = Number.NEGATIVE_INFINITY;
  const probe = async (entity: string, identity: Identity | null | undefined): Promise<void> => {
    const started = time.monotonic();
    if (!identity || started - probed < PROBE_EVERY_MS) return;
    probed = started;
    await rows.rows(entity, [identity]);
    throttle.observe(time.monotonic() - started);
  };
  const bulk = async <T>(
    size: number,
    entity: string,
    probed: Identity | null | undefined,
    read: () => Promise<T>,
  ): Promise<T> => {
    await throttle.acquire(size);
    const [result] = await Promise.all([read(), probe(entity, probed)]);
    return result;
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
