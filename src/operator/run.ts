import { type Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { connect } from './connect.ts';
import { currentMigration, executionName, redrive, startMachine, waitFor } from './machines.ts';
import { nonBlank } from './non-blank.ts';
import { OperatorError } from './operator-error.ts';
import { print } from './output.ts';

/** An aborted execution was rolled back by an operator and no longer holds the lock; only a new execution acquires it again. */
const REDRIVABLE = new Set(['FAILED', 'TIMED_OUT']);

const rolledBack = z.object({ mode: z.string(), readPercent: z.number(), returned: z.boolean() });

/** `portage start`, `resume` and `rollback`: each starts or continues a state machine. */
export function registerRun(program: Command): void {
  program
    .command('start')
    .description('start the migration, or continue from the state in the control table')
    .option('--run <id>', 'name of this run: letters, digits, - and _', runName, newRun())
    .option('--note <text>', 'note to store with the run')
    .option('--json', 'print JSON', false)
    .action(async ({ run, note, json }: { run: string; note?: string; json: boolean }) => {
      const { states } = connect();
      const current = await currentMigration(states);
      if (current?.status === 'RUNNING') throw new OperatorError('the migration is running: see `portage status`');
      const execution = await startMachine(states, 'migration', executionName(run), { run, note: note ?? null });
      print(json, { run, execution }, [`started run ${run}: ${execution}`, 'follow it with `portage status`']);
    });

  program
    .command('resume')
    .description(
      'continue after a rollback or a failure: redrives a failed execution, else starts a new run from the control table',
    )
    .option('--anew', 'start a new run even if a redrive is possible: new backup, new gates', false)
    .option('--json', 'print JSON', false)
    .action(async ({ anew, json }: { anew: boolean; json: boolean }) => {
      const { states } = connect();
      const current = await currentMigration(states);
      if (current === null) throw new OperatorError('nothing to resume: begin with `portage start`');
      const { executionArn, status, isRedrivable } = current;
      if (status === 'RUNNING') throw new OperatorError('the migration is running: see `portage status`');
      // After 14 days Step Functions redrives nothing.
      if (!anew && isRedrivable && REDRIVABLE.has(status)) {
        await redrive(states, executionArn);
        print(json, { redriven: executionArn }, [`redriven: ${executionArn}`]);
        return;
      }
      const run = newRun();
      const execution = await startMachine(states, 'migration', executionName(run), { run });
      print(json, { run, execution }, [`started anew from the control table: ${execution}`]);
    });

  program
    .command('rollback')
    .description('return reads to PostgreSQL now and stop the migration; possible until `complete`')
    .requiredOption('--reason <text>', 'why, for the record', nonBlank('--reason', 'why the migration is rolled back'))
    .option('--json', 'print JSON', false)
    .action(async ({ reason, json }: { reason: string; json: boolean }) => {
      const { states } = connect();
      const execution = await startMachine(states, 'rollback', executionName('rollback'), { reason });
      const outcome = rolledBack.parse(await waitFor(states, execution));
      if (!outcome.returned)
        throw new OperatorError(
          `mode ${outcome.mode}: the migration can no longer be rolled back; see runbooks/decommission.md`,
        );
      print(json, outcome, [`mode ${outcome.mode}: reads are back on PostgreSQL`, 'continue with `portage resume`']);
    });
}

/** Snapshots and gates are named after runs, so each start has its own name: 20261122-213005. */
function newRun(): string {
  return new Date().toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
}

function runName(text: string): string {
  if (/^[A-Za-z0-9_-]{1,40}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected 1 to 40 letters, digits, - or _.');
}
