import { type KillReport, openKills } from './run.ts';

/** Runs `runs` seeds starting at `seed`; true if none of them lost anything. */
export async function kills(options: { readonly runs: number; readonly seed: number }): Promise<boolean> {
  const environment = await openKills();
  const reports: KillReport[] = [];
  try {
    for (let seed = options.seed; seed < options.seed + options.runs; seed++) {
      const report = await environment.run(seed);
      reports.push(report);
      console.log(line(report));
      for (const what of [...report.lost, ...report.mismatches]) console.log(`    ${what}`);
    }
  } finally {
    await environment.stop();
  }
  const sum = (of: (report: KillReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
  const [lost, mismatches] = [sum((report) => report.lost.length), sum((report) => report.mismatches.length)];
  console.log(
    `${reports.length} runs: ${sum(({ killed }) => killed)} processes killed, PostgreSQL ${sum(({ crashed }) => Number(crashed))} times, ` +
      `${sum(({ writes }) => writes)} writes, ${sum(({ acknowledged }) => acknowledged)} acknowledged, ${lost} lost, ${mismatches} mismatches`,
  );
  return lost === 0 && mismatches === 0;
}

function line({ seed, killed, crashed, writes, acknowledged, lost, mismatches }: KillReport): string {
  const fate = lost.length + mismatches.length === 0 ? 'ok' : 'BROKEN';
  return `seed ${seed}: ${fate}, ${killed} killed${crashed ? ', PostgreSQL too' : ''}, ${acknowledged} of ${writes} writes acknowledged`;
}
