import { connect as openSocket } from 'node:net';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { RDSClient } from '@aws-sdk/client-rds';
import { SFNClient } from '@aws-sdk/client-sfn';

import { connect } from '../../handlers/wiring/connect.ts';
import type { Audience } from '../../infra/access.ts';
import type { Machines } from '../../src/operator/machines.ts';
import { clusterId } from '../../handlers/wiring/aws.ts';
import { control, plan } from '../../handlers/wiring/control.ts';
import { createClusters } from '../../src/adapters/rds/clusters.ts';
import { CREDENTIALS } from '../process/credentials.ts';
import { signedAs } from '../stack/environment.ts';
import { StartupError } from '../process/startup-error.ts';
import { startStack } from '../stack/start.ts';
import type { Stack } from '../stack/start.ts';
import { forkTraffic } from '../traffic/process/fork-traffic.ts';
import type { TrafficHandle } from '../traffic/process/fork-traffic.ts';
import { summaryTable } from './output/summary-table.ts';
import { runMigration } from './run-migration.ts';
import type { MigrationResult } from './run-migration.ts';
import { openDataDirectory } from './data-directory.ts';
import type { DataDirectory } from './data-directory.ts';
import { demoOutcome } from './demo-outcome.ts';
import { legacyUrl } from './legacy-login.ts';
import { watchMemory } from './memory.ts';
import { createServiceFaults } from './service-faults.ts';
import { createProgressLog } from './output/progress-log.ts';
import { count, seconds } from './output/format.ts';
import { checkInputs } from './check-inputs.ts';
import type { DemoOptions } from './options.ts';
import { EXIT_CODES } from './output/report.ts';
import type { DemoReport } from './output/report.ts';
import type { Terminal } from './output/terminal.ts';

import { ownDatabase, referenceApplication, checkPlanFits } from './demo-source.ts';
import type { DemoSource } from './demo-source.ts';
import { stopwatch } from './throughput.ts';

const USES = { control, clusterId, plan };

const SEED = 20_261_122;
const WORKERS = 8;
/** Writes that only DynamoDB has; without them `complete` would go untested. */
const AFTER_COMPLETE_MS = 3_000;

/** The whole demo; answers its report. Whatever it started is stopped when it ends. */
export async function runDemo(options: DemoOptions, terminal: Terminal): Promise<DemoReport> {
  checkInputs(options);
  const directory = openDataDirectory(
    options.dataDir,
    {
      seed: SEED,
      scale: options.scale,
      run: new Date().toISOString().slice(0, 10),
      plan: options.plan === null ? null : resolve(options.plan),
      scripts: options.sql.map((file) => resolve(file)),
    },
    options.resume,
  );
  let stack: Stack | null = null;
  /** What scheduled functions were refused: no retry helps, and no machine hears of it. */
  const denials: string[] = [];
  try {
    const began = performance.now();
    const source = sourceOf(directory, terminal);
    const { planFile, title } = source;
    terminal.say('source', title);
    stack = await startStack({
      onScheduleError: (_name, message) => {
        const [denial] = /[^":]+ denied \w+: User: [^"\\]+/.exec(message) ?? [];
        if (denial !== undefined) denials.push(denial);
      },
      dataDir: directory.stackDir,
      fresh: !options.resume,
      revoked: options.revoked,
      faults: { seed: SEED, settings: {} },
      ...(planFile === null ? {} : { planFile }),
    });
    const stackMs = performance.now() - began;
    terminal.say(
      'stack',
      `started in ${seconds(stackMs)}: PostgreSQL, Data API, DynamoDB, S3, Cognito, Step Functions`,
    );
    const report = await onStack(options, terminal, directory, stack, { source, began, stackMs, denials });
    terminal.lines(summaryTable(report));
    if (options.report !== null) writeFileSync(options.report, `${JSON.stringify(report, null, 2)}\n`);
    return report;
  } finally {
    await stack?.stop();
    directory.release();
  }
}

interface StackRun {
  readonly source: DemoSource;
  readonly began: number;
  readonly stackMs: number;
  readonly denials: readonly string[];
}

async function onStack(
  options: DemoOptions,
  terminal: Terminal,
  directory: DataDirectory,
  stack: Stack,
  { source, began, stackMs, denials }: StackRun,
): Promise<DemoReport> {
  const elapsed = (): number => performance.now() - began;
  const simulated = (): Date => new Date(stack.clock.now());
  Object.assign(process.env, signedAs(stack.env, stack.credentialsOf('viewer')));
  // The judge of the outcome sees more than a viewer does.
  const clusters = createClusters({ client: new RDSClient({ credentials: CREDENTIALS }) });
  const { control, clusterId, plan } = connect().ports(USES);
  const machinesFor = (audience: Audience): Machines => ({
    client: new SFNClient({ credentials: stack.credentialsOf(audience) }),
    prefix: 'portage',
  });
  const [states, operator, approver] = [machinesFor('viewer'), machinesFor('operator'), machinesFor('approver')];
  const memory = watchMemory();
  const progressLog = createProgressLog(terminal, elapsed, simulated);
  const load = stopwatch(states, 'load', elapsed);
  const verify = stopwatch(states, 'verify', elapsed);
  const seedMs = await seedOnce(terminal, directory, stack, source);
  if (stack.connectionString !== null) await checkPlanFits(stack.connectionString, plan, directory.runState.plan);

  const traffic = await startLiveTraffic(options, directory, stack, source);
  terminal.say('traffic', `started in process ${traffic.pid}, target ${count(options.rate)} operations/s`);
  if (options.fault !== null) {
    terminal.say('fault', `${options.fault.name} starts when ${options.fault.percent} % of reads go to DynamoDB`);
  }
  const serviceFaults =
    options.serviceFaults === null ? null : createServiceFaults(stack.faults, options.serviceFaults, elapsed);
  const sampleMemory = (): void => memory.sample([...stack.pids(), { name: 'traffic', pid: traffic.pid }]);
  const migrationBegan = performance.now();
  let migration: MigrationResult;
  try {
    migration = await runMigration({
      options,
      run: directory.runState.run,
      control,
      states,
      operator,
      approver,
      traffic,
      terminal,
      progressLog,
      stopwatches: [load, verify],
      simulated,
      onPoll: async () => {
        const [denial] = denials;
        if (denial !== undefined) throw new StartupError(denial);
        sampleMemory();
        await serviceFaults?.poll();
      },
    });
  } catch (error) {
    traffic.kill();
    throw error;
  }
  const struck = (await serviceFaults?.end()) ?? {};
  const migrationMs = performance.now() - migrationBegan;
  if (migration.view.mode?.mode === 'complete') await sleep(AFTER_COMPLETE_MS);
  sampleMemory();
  const checkBegan = performance.now();
  const trafficReport = await traffic.finish();
  const ledgerCheckMs = performance.now() - checkBegan;
  terminal.say('ledger', `${count(trafficReport.rowsChecked)} rows checked in ${seconds(ledgerCheckMs)}`);

  const postgres = {
    cluster: (await clusters.cluster(clusterId)) === null ? ('gone' as const) : ('there' as const),
    answers: await answers(stack.connectionString),
  };
  const { view } = migration;
  const entities = Object.keys(plan.entities);
  const verdict = demoOutcome({ ...migration, traffic: trafficReport, postgres, entities, troubles: [] });
  const { seed, scale, startedAt, resumes, rows } = directory.runState;
  const timedVerifications = verify.finished().reduce((sum, { ms }) => sum + ms, 0);
  const timedRows = view.verifications.slice(-verify.finished().length || undefined);
  const rowsCompared = timedRows.reduce((sum, verification) => sum + verification.rowsCompared, 0);
  const firstLoad = load.finished()[0];
  const loaded = new Set(Object.values(plan.entities).map(({ from }) => `${plan.source.schema}.${from}`));
  const loadRows = Object.entries(rows).reduce((sum, [table, own]) => sum + (loaded.has(table) ? own : 0), 0);
  return {
    result: verdict.result,
    exitCode: EXIT_CODES[verdict.result],
    reasons: verdict.reasons,
    startedAt,
    resumes,
    data: { seed, scale, rows },
    durations: { stackMs, seedMs, migrationMs, ledgerCheckMs, totalMs: elapsed() },
    phases: progressLog.phases().map((phase) => ({
      ...phase,
      durationMs: phase.toMs === null ? null : phase.toMs - phase.fromMs,
    })),
    entities: view.verifications.at(-1)?.entities ?? {},
    verification: {
      runs: view.verifications.length,
      clean: view.verifications.filter(({ clean }) => clean).length,
      mismatches: view.verifications.reduce((sum, { mismatches }) => sum + mismatches, 0),
      unverified: view.verifications.reduce((sum, { unverified }) => sum + unverified, 0),
      rowsPerSecond: timedVerifications === 0 ? null : rowsCompared / (timedVerifications / 1_000),
      last: view.verifications.at(-1)?.run ?? null,
    },
    load:
      firstLoad === undefined
        ? null
        : { rows: loadRows, ms: firstLoad.ms, rowsPerSecond: loadRows / (firstLoad.ms / 1_000) },
    serviceFaults: struck,
    traffic: trafficReport,
    cutover: { timeline: progressLog.timeline },
    restore: progressLog.phases().find(({ phase }) => phase === 'decommission')?.detail ?? null,
    recoveries: view.recoveries,
    postgres,
    memoryPeakBytes: memory.peaks(),
  };
}

function sourceOf(directory: DataDirectory, terminal: Terminal): DemoSource {
  const { plan, scripts, seed, scale } = directory.runState;
  if (scripts.length === 0 || plan === null) return referenceApplication(plan, { seed, scale });
  return ownDatabase(plan, scripts, directory.path, terminal);
}

async function seedOnce(
  terminal: Terminal,
  directory: DataDirectory,
  stack: Stack,
  source: DemoSource,
): Promise<number> {
  if (directory.runState.seeded) {
    terminal.say('seeding', 'skipped: the interrupted demo finished it');
    return 0;
  }
  const began = performance.now();
  const rows = await source.seed(connectionOf(stack), terminal);
  directory.seeded(rows);
  const ms = performance.now() - began;
  terminal.say('seeding', `${tablesText(rows)} in ${seconds(ms)}`);
  return ms;
}

const MAX_TABLES = 6;

/** The largest tables by name. */
function tablesText(rows: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(rows).toSorted(([, left], [, right]) => right - left);
  const shown = sorted.slice(0, MAX_TABLES).map(([table, own]) => `${table} ${count(own)}`);
  const rest = sorted.length - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} smaller tables` : ''}`;
}

function startLiveTraffic(
  options: DemoOptions,
  directory: DataDirectory,
  stack: Stack,
  source: DemoSource,
): Promise<TrafficHandle> {
  // After `complete` there is nothing to connect to, and the job finds itself locked out.
  const url = stack.connectionString ?? 'postgres://nobody@127.0.0.1:1/none';
  return forkTraffic(
    {
      seed: directory.runState.seed,
      application: source.application(stack.clientId),
      rate: options.rate,
      workers: WORKERS,
      ledgerFile: directory.ledgerFile,
      logFile: directory.logFile,
      legacyUrl: legacyUrl(url),
      checkUrl: url,
      checkCredentials: CREDENTIALS,
      fault: options.fault,
    },
    signedAs(stack.env, stack.credentialsOf('application')),
  );
}

function connectionOf(stack: Stack): string {
  if (stack.connectionString !== null) return stack.connectionString;
  throw new Error('the migration has deleted the source database: start again without --resume');
}

/** Whether anything still listens where PostgreSQL did. */
function answers(url: string | null): Promise<boolean> {
  if (url === null) return Promise.resolve(false);
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = openSocket({ host: hostname, port: Number(port), timeout: 2_000 });
    const answer = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.on('connect', answer(true)).on('error', answer(false)).on('timeout', answer(false));
  });
}
