import type { ControlTable } from '../../ports/control.ts';
import type { Throttle } from './throttle.ts';
import type { MonotonicClock } from '../../ports/clock.ts';

/** Control record kind of running verifications: one record per run with the total, one per part with its progress. */
export const PROGRESS_RECORD = 'VERIFYING';

/** Id `<run>#`; `total` is the number of items and rows to check. */
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
  /** Rows a second that the throttle allows, null = no limit, and the p99 of the source that it follows. */
  readonly limit: number | null;
  readonly sourceP99Ms: number | null;
  readonly done: boolean;
}

/** Writes a part's progress to the control table: every two seconds while it runs, and at its end. */
export interface Progress {
  report(rows: number): void;
  /** Writes the part's final record and waits for it. */
  end(): Promise<void>;
}

const EVERY_MS = 2000;

/** Tracks the progress of a part of a verification. */
export function createProgress(
  control: Pick<ControlTable, 'write'>,
  run: string,
  part: string,
  throttle: Throttle,
  time: MonotonicClock,
): Progress {
  const started = time.monotonic();
  let [rows, lastWrittenAt] = [0, started];
  let writing: Promise<unknown> = Promise.resolve();
  const write = (done: boolean): void => {
    lastWrittenAt = time.monotonic();
    const { limit, p99Ms } = throttle.state();
    const rowsPerSecond = Math.round((rows / Math.max(1, lastWrittenAt - started)) * 1000);
    const progress: PartProgress = { run, part, rows, rowsPerSecond, limit, sourceP99Ms: p99Ms, done };
    // No verdict depends on progress, so a failed write is ignored.
    writing = writing.then(() => control.write(PROGRESS_RECORD, `${run}#${part}`, progress, 'any')).catch(() => {});
  };
  return {
    report: (more) => {
      rows += more;
      if (time.monotonic() - lastWrittenAt >= EVERY_MS) write(false);
    },
    end: async () => {
      write(true);
      await writing;
    },
  };
}

const DAY_MS = 86_400_000;

/** Records the total of a run, and removes the progress of runs abandoned more than a day ago. */
export async function beginProgress(control: ControlTable, progress: RunProgress): Promise<void> {
  const records = await control.list<Partial<RunProgress>>(PROGRESS_RECORD);
  const before = Date.parse(progress.startedAt) - DAY_MS;
  for (const { value } of records)
    if (value.run !== undefined && value.startedAt !== undefined && Date.parse(value.startedAt) < before)
      await endProgress(control, value.run);
  await control.write(PROGRESS_RECORD, `${progress.run}#`, progress, 'any');
}

/** Removes a run's progress. */
export async function endProgress(control: ControlTable, run: string): Promise<void> {
  const records = await control.list<{ readonly run: string }>(PROGRESS_RECORD);
  await Promise.all(
    records.filter(({ value }) => value.run === run).map(({ id }) => control.remove(PROGRESS_RECORD, id)),
  );
}

/** Progress of a run; `rowsPerSecond` is the sum over the running parts, 0 until one has been measured. */
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

/** Progress of a run from its records, that of its last attempt where it began again; null when it has none. */
export function progressOf(
  records: readonly { readonly id: string; readonly value: RunProgress | PartProgress }[],
  run: string,
): ProgressSnapshot | null {
  const attempt = records
    .map(({ value }) => value.run)
    .filter((name) => name === run || name.startsWith(`${run}-attempt-`))
    .toSorted()
    .at(-1);
  const ownRecords = records.map(({ value }) => value).filter((value) => value.run === attempt);
  const runRecord = ownRecords.find((value) => 'total' in value);
  if (runRecord === undefined || !('total' in runRecord)) return null;
  const parts = ownRecords.flatMap((value) => ('part' in value ? [value] : []));
  const running = parts.filter(({ done }) => !done);
  const sum = (of: readonly PartProgress[], pick: (part: PartProgress) => number): number =>
    of.reduce((total, part) => total + pick(part), 0);
  return {
    total: runRecord.total,
    // Tombstones are scanned too, but the total does not include them.
    rows: Math.min(
      runRecord.total,
      sum(parts, (part) => part.rows),
    ),
    rowsPerSecond: sum(running, ({ rowsPerSecond }) => rowsPerSecond),
    limited: running.some(({ limit }) => limit !== null),
  };
}
