import type { Command } from 'commander';
import { connect } from './connect.ts';
import { executionName, startMachine, waitFor } from './machines.ts';
import { nonBlank } from './non-blank.ts';
import { print } from './output.ts';

/** `portage capture remove` gives the migration up and takes capture out of the source. */
export function registerCapture(program: Command): void {
  program
    .command('capture')
    .description('capture in the source')
    .command('remove')
    .description('return reads to PostgreSQL, give the migration up and remove the triggers and the schema portage')
    .requiredOption('--reason <text>', 'why, for the record', nonBlank('--reason', 'why capture is removed'))
    .option('--json', 'print JSON', false)
    .action(async ({ reason, json }: { reason: string; json: boolean }) => {
      const { states } = connect();
      const execution = await startMachine(states, 'remove-capture', executionName('remove-capture'), { reason });
      const outcome = await waitFor(states, execution);
      print(json, outcome, ['capture is removed, mode off', 'begin again with `portage start`']);
    });
}
