import { measureCapture } from './capture.ts';
import { measureDual } from './dual.ts';
import { measureLoad } from './load.ts';
import { measureMemory } from './memory.ts';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Prints what load, dual writes and capture cost, and whether memory stays flat. Local engines are not AWS: ratios count, not rates. */
export async function writes(options: { readonly rows: number; readonly memoryRows: number }): Promise<void> {
  const load = await measureLoad(options.rows);
  console.log(`load of ${whole.format(load.rows)} rows`);
  console.log(`  write units per unit needed    ${exact.format(load.unitsRatio)}`);
  console.log(`  bare conditional batch calls   ${whole.format(load.bareRowsPerSecond)} rows/s`);
  console.log(
    `  load                           ${whole.format(load.loadRowsPerSecond)} rows/s, ${exact.format(load.loadRowsPerSecond / load.bareRowsPerSecond)} of bare`,
  );
  for (const { way, sourceCalls, flushes, targetCalls, together, writesPerSecond, p99Ms } of await measureDual()) {
    console.log(`dual write of one row by ${way}`);
    console.log(`  round trips to PostgreSQL      ${sourceCalls}, and ${flushes} flush`);
    console.log(`  calls to DynamoDB              ${targetCalls}`);
    console.log(`  flushes for ${together.writes} writes at once   ${together.flushes}`);
    console.log(
      `  8 writers                      ${whole.format(writesPerSecond)} writes/s, p99 ${exact.format(p99Ms)} ms`,
    );
  }
  for (const { captured, rowsPerSecond, p99Ms, bulkRowsPerSecond } of await measureCapture()) {
    console.log(captured ? 'the application with capture' : 'the application without capture');
    console.log(
      `  4 writers, row by row          ${whole.format(rowsPerSecond)} rows/s, p99 ${exact.format(p99Ms)} ms`,
    );
    console.log(`  one statement of many rows     ${whole.format(bulkRowsPerSecond)} rows/s`);
  }
  console.log('memory, each size in a process of its own');
  for (const { work, rows, target, liveBytes, residentBytes, seconds } of await measureMemory(options.memoryRows)) {
    console.log(
      `  ${work.padEnd(5)} of ${whole.format(rows).padStart(9)} rows       ${exact.format(liveBytes / 1e6)} MB live after collection, ${whole.format(residentBytes / 1e6)} MB resident, ${whole.format(seconds)} s, into ${target}`,
    );
  }
}
