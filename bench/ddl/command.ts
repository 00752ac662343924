import { asyncProperty, check, sample } from 'fast-check';
import { type DdlRuns, openDdlRuns } from './run.ts';
import type { DdlReport } from './scenario-run.ts';
import { type Scenario, scenarios } from './steps.ts';

/** The scenario of a seed. */
export function scenarioOf(seed: number): Scenario {
  const [scenario] = sample(scenarios, { numRuns: 1, seed });
  if (scenario === undefined) throw new Error(`seed ${seed} gives no scenario`);
  return scenario;
}

/** Runs `runs` seeds starting at `seed`; true if the application saw no error, nothing was lost and every mismatch is explained. */
export async function ddl(options: {
  readonly runs: number;
  readonly seed: number;
  readonly shrink: boolean;
}): Promise<boolean> {
  const environment = await openDdlRuns();
  const reports: DdlReport[] = [];
  try {
    for (let seed = options.seed; seed < options.seed + options.runs; seed++) {
      const scenario = scenarioOf(seed);
      const begun = performance.now();
      const report = await environment.run(scenario, seed);
      reports.push(report);
      console.log(`${line(seed, scenario, report)}, ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
      if (report.faults.length === 0) continue;
      print(report);
      if (options.shrink) await shrink(environment, seed);
    }
  } finally {
    await environment.stop();
  }
  summarize(reports);
  return reports.every(({ faults }) => faults.length === 0);
}

function line(seed: number, { mode, partitionRemoved, follow }: Scenario, report: DdlReport): string {
  const { statements, halted, adopted, followed, acknowledged, explained, rows, faults } = report;
  return (
    `seed ${seed}: ${faults.length === 0 ? 'ok' : 'BROKEN'}, ${mode}, partitions removed: ${partitionRemoved}, event trigger: ${follow ? 'yes' : 'no'}, ${statements.length} statements, ` +
    `${halted === null ? '' : 'halted, '}${adopted} adopted, ${followed} followed, ${acknowledged} operations, ${explained} refused by PostgreSQL, ${rows} rows compared`
  );
}

function print({ statements, halted, faults }: DdlReport): void {
  for (const { kind, text, outcome } of statements)
    console.log(`    ${outcome}: ${kind}: ${text.replaceAll(/\s+/g, ' ')}`);
  if (halted !== null) console.log(`    halted: ${halted}`);
  for (const fault of faults.slice(0, 12)) console.log(`    fault: ${fault}`);
  if (faults.length > 12) console.log(`    and ${faults.length - 12} more`);
}

const SHRINK_MS = 120_000;

/** Looks for a shorter list of statements that fails too. */
async function shrink(environment: DdlRuns, seed: number): Promise<void> {
  let shortest: DdlReport | null = null;
  const property = asyncProperty(scenarios, async (scenario) => {
    const report = await environment.run(scenario, seed);
    if (report.faults.length > 0) shortest = report;
    return report.faults.length === 0;
  });
  await check(property, { numRuns: 1, seed, interruptAfterTimeLimit: SHRINK_MS });
  if (shortest === null) return;
  console.log('  shrunk:');
  print(shortest);
}

function summarize(reports: readonly DdlReport[]): void {
  const sum = (of: (report: DdlReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
  const kinds = new Map<string, number>();
  for (const { kind, outcome } of reports.flatMap(({ statements }) => statements)) {
    const name = outcome === 'ok' ? kind : `${kind} (${outcome})`;
    kinds.set(name, (kinds.get(name) ?? 0) + 1);
  }
  console.log('DDL statements by kind, with the SQLSTATE where one was refused:');
  for (const [kind, count] of [...kinds].sort()) console.log(`  ${kind.padEnd(34)} ${count}`);
  console.log(
    `${reports.length} runs: ${sum(({ statements }) => statements.length)} DDL statements, ${sum(({ halted }) => Number(halted !== null))} halts, ` +
      `${sum(({ adopted }) => adopted)} partitions and children adopted by the watch, ${sum(({ followed }) => followed)} by the event trigger, ${sum(({ acknowledged }) => acknowledged)} operations, ` +
      `${sum(({ explained }) => explained)} refused by PostgreSQL because of the DDL, ${sum(({ rows }) => rows)} rows compared, ${sum(({ faults }) => faults.length)} faults`,
  );
}
