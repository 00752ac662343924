import { expect, test } from '@jest/globals';
import type { RowSource } from '../../../../src/domain/ports/source.ts';
import { createThrottle, throttled } from '../../../../src/domain/verification/report/throttle.ts';

const TARGET_MS = 100;
const ROWS = 200;
/** What a page takes at best. */
const PAGE_MS = 20;

const refuse = () => Promise.reject(new Error('not asked for here'));

/** Rows a second that the source bears when nobody else asks for anything. */
const CAPACITY = 20_000;

/** A source in simulated time: the nearer it comes to all that it bears, its application's load included, the longer each read takes. */
function simulate() {
  let now = 0;
  let applicationLoad = 0.1;
  let recent: { readonly at: number; readonly rows: number }[] = [];
  const time = {
    monotonic: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
  const latency = (): number => {
    recent = recent.filter(({ at }) => at > now - 1000);
    const rate = recent.reduce((sum, { rows }) => sum + rows, 0);
    return 10 / Math.max(0.01, 1 - applicationLoad - rate / CAPACITY);
  };
  const source: RowSource = {
    page: refuse,
    current: refuse,
    keys: refuse,
    stride: refuse,
    body: refuse,
    bodies: refuse,
    catalogue: refuse,
    rows: async (_, identities) => {
      if (identities.length > 1) {
        now += PAGE_MS;
        recent.push({ at: now, rows: identities.length });
      } else now += latency();
      return [];
    },
  };
  const pace = createThrottle(TARGET_MS, time);
  const { rows } = throttled({ rows: source, rowDigests: refuse }, pace, time);
  const page = Array.from({ length: ROWS }, (_, n) => [String(n)]);
  return {
    pace,
    load: (share: number) => {
      applicationLoad = share;
    },
    /** Reads for this long; answers rows a second and how long one row by its key took in the end. */
    run: async (milliseconds: number): Promise<{ readonly rate: number; readonly p99Ms: number }> => {
      const [started, ends] = [now, now + milliseconds];
      let read = 0;
      while (time.monotonic() < ends) {
        await rows.rows('USER', page);
        read += ROWS;
      }
      return { rate: (read / (now - started)) * 1000, p99Ms: pace.state().p99Ms ?? 0 };
    },
  };
}

test('RACE-38 a run goes as fast as it can while the source is quick', async () => {
  const source = simulate();
  expect((await source.run(10_000)).rate).toBeGreaterThan(8000);
  expect(source.pace.state().limit).toBeNull();
});

test('RACE-38 a run slows down by itself until the source is as quick as it should be, and speeds up again', async () => {
  const source = simulate();
  const before = await source.run(10_000);
  source.load(0.85);
  await source.run(20_000);
  const slowed = await source.run(60_000);
  expect(slowed.p99Ms).toBeLessThan(2 * TARGET_MS);
  expect(slowed.rate).toBeLessThan(before.rate / 4);
  expect(slowed.rate).toBeGreaterThan(200);
  source.load(0.1);
  await source.run(60_000);
  const after = await source.run(10_000);
  expect(after.p99Ms).toBeLessThan(TARGET_MS);
  expect(after.rate).toBeGreaterThan(before.rate * 0.8);
});

test('RACE-38 no slowness stops a run altogether: its parts have to end', async () => {
  const source = simulate();
  source.load(1);
  const { rate } = await source.run(200_000);
  expect(source.pace.state().limit).toBe(100);
  expect(rate).toBeGreaterThan(50);
});
