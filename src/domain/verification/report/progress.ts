import type { ControlTable } from '../../ports/control.ts';
import type { Throttle } from './throttle.ts';
import type { MonotonicClock } from '../../ports/clock.ts';

/** Control record kind of what runs just now: one record per run for what there is to do, one per part for what it did. */
export const PROGRESS_RECORD = 'VERIFYING';

/** Id `<run>#`: what there is to look at, items and rows together. */
export interface RunProgress {
  readonly run: string;
  readonly total: number;
  readonly startedAt: string;
}

/** Id `<run>#<part>`. */
export interface PartProgress {
  readonly run: string;
  readonly part: string;
  readonly rows: number;
  readonly rowsPerSecond: number;
  /** What the pace allows, null = no limit, and the p99 of the source that it follows. */
  readonly limit: number | null;
  readonly sourceP99Ms: number | null;
  readonly done: boolean;
}

/** Tells the control table how far a part has come: every two seconds while it runs, and at its end. */
export interface Progress {
  report(rows: number): void;
  /** Waits for what is under way, then says that the part is done. */
  end(): Promise<void>;
}

const EVERY_MS = 2000;

export function createProgress(
  control: Pick<ControlTable, 'write'>,
  run: string,
  part: string,
  pace: Throttle,
  time: MonotonicClock,
): Progress {
  const started = time.monotonic();
  let [rows, told] = [0, started];
  let writing: Promise<unknown> = Promise.resolve();
  const write = (done: boolean): void => {
    told = time.monotonic();
    const { limit, p99Ms } = pace.state();
    const rowsPerSecond = Math.round((rows / Math.max(1, told - started)) * 1000);
    const progress: PartProgress = { run, part, rows, rowsPerSecond, limit, sourceP99Ms: p99Ms, done };
    // Nobody's verdict rests on it: a progress that could not be told stops nothing.
    writing = writing.then(() => control.write(PROGRESS_RECORD, `${run}#${part}`, progress, 'any')).catch(() => {});
  };
  return {
    report: (more) => {
      rows += more;
      if (time.monotonic() - told >= EVERY_MS) write(false);
    },
    end: async () => {
      write(true);
      await writing;
    },
  };
}

const DAY_MS = 86_400_000;

/** Says what a run has to do, and forgets runs that were given up. */
export async function beginProgress(control: ControlTable, progress: RunProgress): Promise<void> {
  const records = await control.list<Partial<RunProgress>>(PROGRESS_RECORD);
  const before = Date.parse(progress.startedAt) - DAY_MS;
  for (const { value } of records)
    if (value.run !== undefined && value.startedAt !== undefined && Date.parse(value.startedAt) < before)
      await endProgress(control, value.run);
  await control.write(PROGRESS_RECORD, `${progress.run}#`, progress, 'any');
}

/** Forgets a run's progress. */
export async function endProgress(control: ControlTable, run: string): Promise<void> {
  const records = await control.list<{ readonly run: string }>(PROGRESS_RECORD);
  await Promise.all(
    records.filter(({ value }) => value.run === run).map(({ id }) => control.remove(PROGRESS_RECORD, id)),
  );
}

/** How far a run has come; `rowsPerSecond` of the parts that run just now, 0 while none has told yet. */
export interface ProgressSnapshot {
  readonly rows: number;
  readonly total: number;
  readonly rowsPerSecond: number;
  readonly limited: boolean;
}

/** `412 of 45000, 9120 rows/s`, for an operator. */
export function formatProgress({ rows, total, rowsPerSecond, limited }: ProgressSnapshot): string {
  const rate = rowsPerSecond === 0 ? '' : `, ${rowsPerSecond} rows/s`;
  return `${rows} of ${total}${rate}${limited ? ', slowed down for PostgreSQL' : ''}`;
}

/** How far a run has come, from its records; null when nothing is known of it. */
export function progressOf(
  records: readonly { readonly id: string; readonly value: RunProgress | PartProgress }[],
  run: string,
): ProgressSnapshot | null {
  const own = records.map(({ value }) => value).filter((value) => value.run === run);
  const whole = own.find((value) => 'total' in value);
  if (whole === undefined || !('total' in whole)) return null;
  const parts = own.flatMap((value) => ('part' in value ? [value] : []));
  const running = parts.filter(({ done }) => !done);
  const sum = (of: readonly PartProgress[], pick: (part: PartProgress) => number): number =>
    of.reduce((total, part) => total + pick(part), 0);
  return {
    total: whole.total,
    // Tombstones are looked at as well, and nobody counted them.
    rows: Math.min(
      whole.total,
      sum(parts, (part) => part.rows),
    ),
    rowsPerSecond: sum(running, ({ rowsPerSecond }) => rowsPerSecond),
    limited: running.some(({ limit }) => limit !== null),
  };
}
