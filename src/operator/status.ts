import type { Command } from 'commander';
import { type ChangeWithAction, SCHEMA_RECORD } from '../domain/ddl/watch-schema.ts';
import { modeName } from '../domain/mode/transitions.ts';
import type { ControlTable } from '../domain/ports/control.ts';
import type { PhaseRecord } from '../domain/progress/phase.ts';
import type { Recovery } from '../domain/recovery/recovery.ts';
import {
  formatProgress,
  type PartProgress,
  progressOf,
  type RunProgress,
  PROGRESS_RECORD,
} from '../domain/verification/report/progress.ts';
import { VERIFICATION, type VerificationSummary } from '../domain/verification/report/schema.ts';
import { isFull } from '../domain/verification/report/scope.ts';
import { BACKLOG, backlogReasons, type BacklogRecord } from '../domain/window/backlog.ts';
import type { Window } from '../domain/window/window.ts';
import { connect } from './connect.ts';
import { readGates } from './gates.ts';
import { currentMigration } from './machines.ts';
import { print, table } from './output.ts';

/** `portage status`: the state of the migration, from the control table. */
export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('show mode, share of reads, phases, open gates, recoveries and the last verification')
    .option('--json', 'print JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const { states, control } = connect();
      const [status, current] = await Promise.all([readStatus(control), currentMigration(states)]);
      const execution = current?.status ?? 'never started';
      print(json, { ...status, execution }, [`execution     ${execution}`, ...statusLines(status)]);
    });
}

/** All status records, with the latest verification. */
async function readStatus(control: ControlTable) {
  const [mode, phases, gates, recoveries, verifications, window, verifying] = await Promise.all([
    control.mode(),
    control.list<PhaseRecord>('PHASE'),
    readGates(control),
    control.list<Recovery>('RECOVERY'),
    control.list<VerificationSummary>(VERIFICATION),
    control.read<Window>('WINDOW', 'window'),
    control.list<RunProgress | PartProgress>(PROGRESS_RECORD),
  ]);
  const [schema, backlog] = await Promise.all([
    control.read<readonly ChangeWithAction[]>(SCHEMA_RECORD, String(mode.generation)),
    control.read<BacklogRecord>(BACKLOG, 'last'),
  ]);
  const running = [...new Set(verifying.map(({ value }) => value.run))];
  const latest = verifications
    .map(({ value }) => value)
    .toSorted((left, right) => order(left.finishedAt, right.finishedAt));
  return {
    ...mode,
    phases: phases.map(({ value }) => value).toSorted((left, right) => order(left.startedAt, right.startedAt)),
    openGates: gates.filter(({ status }) => status === 'open').map(({ gate }) => gate),
    openRecoveries: recoveries.map(({ value }) => value).filter(({ status }) => status === 'open'),
    schema: schema?.value ?? [],
    backlog: backlog?.value ?? null,
    nights: window?.value.nights ?? [],
    lastVerification: latest.at(-1) ?? null,
    verifying: running.map((run) => ({ run, ...progressOf(verifying, run) })),
  };
}

type MigrationStatus = Awaited<ReturnType<typeof readStatus>>;

function statusLines(status: MigrationStatus): readonly string[] {
  const {
    mode,
    readPercent,
    epoch,
    generation,
    openGates,
    openRecoveries,
    nights,
    phases,
    schema,
    backlog,
    lastVerification,
    verifying,
  } = status;
  const cleanNights = nights.length - 1 - nights.findLastIndex(({ clean }) => !clean);
  return [
    `mode          ${modeName({ mode, readPercent })}, ${readPercent} % of reads from DynamoDB (epoch ${epoch}, generation ${generation})`,
    `open gates    ${openGates.join(', ') || 'none'}`,
    ...openRecoveries.map(
      ({ cause, run, error, message }) => `recovery      ${cause}, run ${run}: ${error}: ${message}`,
    ),
    ...schema.map(({ table: name, detail, action }) => `schema        ${name}: ${detail} (${action})`),
    ...(backlog === null ? [] : backlogLines(backlog)),
    `window        ${nights.length} nights, the last ${cleanNights} clean`,
    ...verifying.map(
      ({ run, rows = 0, total = 0, rowsPerSecond = 0, limited = false }) =>
        `verifying     ${run}: ${formatProgress({ rows, total, rowsPerSecond, limited })}`,
    ),
    `last verified ${lastVerification === null ? 'never' : verdictLine(lastVerification)}`,
    ...table(
      phases.map(({ phase, status, startedAt, endedAt, failure }) => [
        'phase',
        phase,
        status,
        startedAt,
        endedAt ?? '',
        failure === null ? '' : failure.error,
      ]),
    ),
  ];
}

function backlogLines({ at, failures, ...backlog }: BacklogRecord): readonly string[] {
  return [
    `backlog       ${backlogReasons(backlog).join(', ') || '0'} (at ${at})`,
    ...failures.map((failure) => `missed        ${failure}`),
  ];
}

function verdictLine(verification: VerificationSummary): string {
  const { run, finishedAt, mismatches, unverified, rowsCompared, scope } = verification;
  const part = isFull(scope) ? '' : ', only a part';
  return `${finishedAt} (${run}${part}): ${rowsCompared} rows, ${mismatches} mismatches, ${unverified} unverified`;
}

function order(left: string, right: string): number {
  return left < right ? -1 : 1;
}
