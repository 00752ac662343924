import { measureLocks, type LocksOptions, type LocksReport } from './run.ts';

/** No statement of the application may wait longer for a lock because of an installation or removal, in milliseconds. */
const MAX_LOCK_MS = 1_000;

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Prints what an application waits while capture comes and goes; true if `isHarmless`. */
export async function locks(options: LocksOptions): Promise<boolean> {
  const report = await measureLocks(options);
  console.log(
    `${options.tables} tables (${report.relations} with partitions and children), ${options.sessions} sessions, seed ${options.seed}`,
  );
  console.log('phase               seconds   calls  lock wait ms  longest ms  added ms  longest call');
  for (const { name, seconds, calls, lockMs, longestMs, addedMs, longestKind } of report.phases) {
    console.log(
      `${name.padEnd(18)} ${seconds.toFixed(1).padStart(8)} ${whole.format(calls).padStart(7)} ${whole.format(lockMs).padStart(13)}` +
        ` ${whole.format(longestMs).padStart(11)} ${(addedMs === null ? '' : whole.format(addedMs)).padStart(9)}  ${longestKind}`,
    );
  }
  console.log(
    `longest added wait of a whole call, against the control before it: ${whole.format(longestAdded(report))} ms; for a lock: ` +
      `${whole.format(Math.max(0, ...report.phases.map(({ lockMs }) => lockMs)))} ms`,
  );
  const slow = [...report.slow].toSorted(([, left], [, right]) => right - left);
  console.log(
    `calls of more than 300 ms were seen to wait for: ${slow.map(([event, count]) => `${event} ${count} times`).join(', ')}`,
  );
  for (const failure of report.failures.slice(0, 20)) console.log(`  failed: ${failure}`);
  console.log(`${report.failures.length} failed statements, ${report.retries} retries by the client`);
  return isHarmless(report);
}

function longestAdded({ phases }: LocksReport): number {
  return Math.max(0, ...phases.map(({ addedMs }) => addedMs ?? 0));
}

/**
 * No failed statement, and nobody waited a second for a lock because of capture. The longest call tells the same on an idle machine; on a
 * busy one it also holds what the machine adds.
 */
export function isHarmless({ failures, phases }: LocksReport): boolean {
  return phases.length > 0 && failures.length === 0 && phases.every(({ lockMs }) => lockMs < MAX_LOCK_MS);
}
