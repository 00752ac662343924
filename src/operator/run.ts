import type { Command } from 'commander';
import { connect } from './connection.ts';
import { executionsOf, redrive, startMachine, waitFor } from './machines.ts';
import { OperatorError } from './operator-error.ts';
import { print } from './output.ts';

const REDRIVABLE = new Set(['FAILED', 'ABORTED', 'TIMED_OUT']);

/** `portage start`, `resume`, `rollback` and `verify`: each starts or continues a state machine. */
export function registerRun(program: Command): void {
  program
    .command('start')
    .description('start the migration (or go on from where the control table says it stands)')
    .option('--run <id>', 'name of this run', today())
    .option('--json', 'answer as JSON', false)
    .action(async ({ run, json }: { run: string; json: boolean }) => {
      const { states } = connect();
      const execution = await startMachine(states, 'migration', executionName(run), { run });
      print(json, { run, execution }, [`started run ${run}: ${execution}`, 'follow it with `portage status`']);
    });

  program
    .command('resume')
    .description(
      'go on after a rollback or a failure: redrives the last execution, or starts anew from the control table',
    )
    .option('--json', 'answer as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const { states } = connect();
      const [last] = await executionsOf(states, 'migration');
      if (last?.status === 'RUNNING') throw new OperatorError('the migration is running: see `portage status`');
      if (last?.executionArn && REDRIVABLE.has(last.status ?? '')) {
        await redrive(states, last.executionArn);
        print(json, { redriven: last.executionArn }, [`redriven: ${last.executionArn}`]);
        return;
      }
      const run = today();
      const execution = await startMachine(states, 'migration', executionName(run), { run });
      print(json, { run, execution }, [`started anew from the control table: ${execution}`]);
    });

  program
    .command('rollback')
    .description('return reads to PostgreSQL now and stop the migration; possible until `complete`')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--json', 'answer as JSON', false)
    .action(async ({ reason, json }: { reason: string; json: boolean }) => {
      const { states } = connect();
      const execution = await startMachine(states, 'rollback', executionName('rollback'), { reason });
      const outcome = await waitFor(states, execution);
      print(json, outcome, ['reads are back on PostgreSQL; dual writes go on', 'continue with `portage resume`']);
    });

  program
    .command('verify')
    .description('compare every row of PostgreSQL with DynamoDB now')
    .option('--json', 'answer as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const { states } = connect();
      const run = executionName('on-demand');
      const summary = await waitFor(states, await startMachine(states, 'verify', run, { run, kind: 'on-demand' }));
      print(json, summary, summaryLines(summary));
      if (!isClean(summary)) process.exitCode = 1;
    });
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Execution names are unique for 90 days. */
function executionName(prefix: string): string {
  return `${prefix}-${Date.now().toString(36)}`;
}

function isClean(summary: unknown): boolean {
  return typeof summary === 'object' && summary !== null && 'clean' in summary && summary.clean === true;
}

function summaryLines(summary: unknown): readonly string[] {
  if (typeof summary !== 'object' || summary === null) return ['no summary'];
  return Object.entries(summary).map(
    ([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
}
