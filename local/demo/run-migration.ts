import { setTimeout as sleep } from 'node:timers/promises';

import type { ControlTable } from '../../src/domain/ports/control.ts';
import { executionsOf, type Machines, redrive, startMachine } from '../../src/operator/machines.ts';
import type { TrafficHandle } from '../traffic/process/fork-traffic.ts';
import { decideGate } from './gates.ts';
import type { OpenGate } from './status/open-gates.ts';
import { nameOf } from './output/progress-log.ts';
import type { ProgressLog } from './output/progress-log.ts';
import { count } from './output/format.ts';
import type { DemoOptions } from './options.ts';
import type { Terminal } from './output/terminal.ts';
import type { Stopwatch } from './throughput.ts';
import { pollStatus } from './status/poll-status.ts';
import type { DemoStatus } from './status/poll-status.ts';

const POLL_EVERY_MS = 600;
/** A gate that holds a stage for want of data asks again; more often than this means that no data will come. */
const MAX_HOLDS = 6;
const MAX_CONTINUATIONS = 3;

export interface MigrationResult {
  readonly view: DemoStatus;
  readonly rolledBack: boolean;
}

export interface MigrationParts {
  readonly options: DemoOptions;
  readonly run: string;
  readonly control: ControlTable;
  /** With the rights of those who look. */
  readonly states: Machines;
  /** With the rights of those who start and redrive. */
  readonly operator: Machines;
  /** With the rights of those who decide gates. */
  readonly approver: Machines;
  readonly traffic: TrafficHandle;
  readonly terminal: Terminal;
  readonly progressLog: ProgressLog;
  readonly stopwatches: readonly Stopwatch[];
  readonly simulated: () => Date;
  readonly onPoll: () => Promise<void>;
}

/** Runs the migration as its operator would: starts it, follows it, decides at gates, until it has ended or rolled back. */
export async function runMigration(parts: MigrationParts): Promise<MigrationResult> {
  const { states, control, terminal, progressLog, options, traffic } = parts;
  let execution = await startOrResume(parts);
  let holds = 0;
  let continuations = 0;
  for (;;) {
    const view = await pollStatus(control, states.client, execution);
    progressLog.update(view);
    await Promise.all(parts.stopwatches.map((watch) => watch.poll()));
    await parts.onPoll();
    terminal.status(statusLine(parts, view));

    const gate = view.gates[0];
    if (gate !== undefined) {
      if (isRecovery(gate)) {
        if (!options.recover) return { view, rolledBack: true };
        if (options.fault !== null) terminal.say('fault', 'removed: reads succeed again');
        traffic.setFault(null);
      }
      holds += gate.gate === 'hold-stage' ? 1 : 0;
      if (holds > MAX_HOLDS) return { view, rolledBack: false };
      const approved = await decideGate(parts.approver, gate, options.yes, terminal);
      if (!approved && isRecovery(gate)) return { view, rolledBack: true };
    } else if (view.execution.status !== 'RUNNING') {
      const recovered = view.recoveries.length > 0 && view.recoveries.every(({ status }) => status === 'closed');
      const unfinished = view.mode?.mode !== 'complete' || view.execution.status !== 'SUCCEEDED';
      if (!recovered || !unfinished || continuations >= MAX_CONTINUATIONS) return { view, rolledBack: false };
      continuations += 1;
      execution = await continueAfterRecovery(parts, execution, view.execution.status, continuations);
    }
    await sleep(POLL_EVERY_MS);
  }
}

/** A migration that is under way goes on by itself: Step Functions keeps its journal. */
async function startOrResume({ states, operator, run, terminal, options }: MigrationParts): Promise<string> {
  const [last] = options.resume ? await executionsOf(states, 'migration') : [];
  if (last?.executionArn === undefined) {
    const name = `${run}-${Date.now().toString(36)}`;
    const started = await startMachine(operator, 'migration', name, { run, note: 'npm run demo' });
    terminal.say('migration', `started as run ${run}`);
    return started;
  }
  terminal.say('migration', `resumed, status ${last.status ?? 'unknown'}`);
  return last.executionArn;
}

/** After a recovery: what failed is redriven, what ended well but early is started anew from the control table. */
async function continueAfterRecovery(
  { operator, run, terminal }: MigrationParts,
  execution: string,
  status: string,
  continuation: number,
): Promise<string> {
  if (status === 'FAILED') {
    terminal.say('migration', 'redriven: continues after the recovery');
    await redrive(operator, execution);
    return execution;
  }
  const next = `${run}-${continuation + 1}`;
  terminal.say('migration', `restarted after the recovery as run ${next}`);
  return startMachine(operator, 'migration', `${next}-${Date.now().toString(36)}`, { run: next, note: 'npm run demo' });
}

function isRecovery(gate: OpenGate): boolean {
  return gate.gate.startsWith('recover-');
}

function statusLine({ traffic, simulated, progressLog }: MigrationParts, view: DemoStatus): string {
  const stats = traffic.stats();
  const last = view.verifications.at(-1);
  return [
    simulated().toISOString().slice(0, 10),
    progressLog.phases().find(({ status }) => status === 'running')?.phase ?? 'no phase',
    view.mode === null ? 'no mode' : nameOf(view.mode),
    stats === null ? 'no traffic' : `traffic ${count(stats.ok)} ok, ${count(stats.failed)} failed`,
    last === undefined
      ? 'no verification yet'
      : `last verification ${count(last.mismatches)} mismatches, ${count(last.unverified)} unverified`,
  ].join(' | ');
}
