import { count, megabytes, seconds } from './format.ts';
import type { DemoReport } from './report.ts';
import { columns } from './terminal.ts';

/** The closing table: what a person wants to know of the run, with its units. */
export function summaryTable(report: DemoReport): readonly string[] {
  const { durations, traffic, verification, load, postgres } = report;
  const entities = Object.entries(report.entities).map(([name, tally]) => [
    name,
    tally.source,
    tally.items,
    tally.matched,
    tally.mismatched + tally.missing + tally.extra,
    tally.unverified,
    tally.verdict,
  ]);
  const patterns = Object.entries(traffic?.patterns ?? {}).map(([name, { asked, agreed, differed }]) => [
    name,
    asked,
    agreed,
    differed,
  ]);
  return [
    '',
    ...columns([['entity', 'rows', 'items', 'match', 'mismatch', 'unverified', 'verdict'], ...entities]),
    '',
    ...(patterns.length === 0
      ? []
      : [...columns([['pattern', 'asked', 'same in both', 'different'], ...patterns]), '']),
    ...columns([
      ['phase', 'run', 'outcome', 'took', 'simulated'],
      ...report.phases.map(({ phase, run, status, durationMs, simulatedStart, simulatedEnd }) => [
        phase,
        run,
        status,
        durationMs === null ? '' : seconds(durationMs),
        `${simulatedStart.slice(0, 10)} to ${simulatedEnd?.slice(0, 10) ?? 'now'}`,
      ]),
    ]),
    '',
    ...columns([
      ...(load === null
        ? []
        : [['load', `${count(load.rows)} rows in ${seconds(load.ms)}: ${count(load.rowsPerSecond)} rows/s`]]),
      [
        'verification',
        `${count(verification.runs)} runs, ${count(verification.clean)} clean` +
          (verification.rowsPerSecond === null ? '' : `, ${count(verification.rowsPerSecond)} rows/s`),
      ],
      ...(traffic === null
        ? [['traffic', 'no report']]
        : [
            [
              'traffic',
              `${count(traffic.ok)} operations ok, ${count(traffic.failed)} failed, ${count(traffic.retried)} retries, ` +
                `${count(traffic.refused)} rejected by database constraints; ` +
                `p99 read ${traffic.latencyMs.read?.p99 ?? 0} ms, write ${traffic.latencyMs.write?.p99 ?? 0} ms`,
            ],
            [
              'reads',
              `${count(traffic.readsBy.postgres)} by PostgreSQL, ${count(traffic.readsBy.dynamodb)} by DynamoDB, ` +
                `${count(traffic.staleReads)} stale, ${count(traffic.shadowMismatches)} shadow mismatches`,
            ],
            ...(traffic.signIns + traffic.wrongPasswordsRefused + traffic.wrongPasswordsAccepted === 0
              ? []
              : [
                  [
                    'sign-ins',
                    `${count(traffic.signIns)} succeeded, ${count(traffic.wrongPasswordsRefused)} wrong passwords refused, ` +
                      `${count(traffic.wrongPasswordsAccepted)} accepted`,
                  ],
                ]),
            [
              'lost writes',
              `${count(traffic.lost)} of ${count(traffic.acknowledged)} acknowledged ` +
                `(${count(traffic.rowsChecked)} rows checked in ${traffic.authority === 'dynamodb' ? 'DynamoDB and S3' : 'PostgreSQL'})`,
            ],
          ]),
      ['PostgreSQL', postgres.cluster === 'gone' && !postgres.answers ? 'gone' : 'still there'],
      [
        'memory peak',
        Object.entries(report.memoryPeakBytes)
          .map(([name, bytes]) => `${name} ${megabytes(bytes)}`)
          .join(', '),
      ],
      [
        'time',
        `${seconds(durations.totalMs)} in all: stack ${seconds(durations.stackMs)}, seeding ${seconds(durations.seedMs)}, ` +
          `migration ${seconds(durations.migrationMs)}, ledger check ${seconds(durations.ledgerCheckMs)}`,
      ],
    ]),
    '',
    ...(traffic?.examples ?? []).slice(0, 5).map(({ key, reason }) => `lost: ${key}: ${reason}`),
    ...(traffic?.failures ?? []).slice(0, 5).map(({ message, count: times }) => `${count(times)} x ${message}`),
    ...report.reasons.map((reason) => `broken: ${reason}`),
    `${report.result.toUpperCase()}${report.result === 'rolled back' ? ' as designed' : ''} (exit ${report.exitCode})`,
  ];
}
