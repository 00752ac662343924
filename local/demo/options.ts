import { Command, InvalidArgumentError } from 'commander';

import { parseFault } from '../traffic/faults.ts';
import type { Fault } from '../traffic/faults.ts';

export interface DemoOptions {
  /** Gates approve themselves: asked for, or nobody is there to ask. */
  readonly yes: boolean;
  readonly terminal: boolean;
  readonly report: string | null;
  readonly fault: Fault | null;
  readonly recover: boolean;
  readonly resume: boolean;
  readonly scale: number;
  readonly rate: number;
  readonly dataDir: string;
  /** Another plan for the reference application; its own unless given. */
  readonly plan: string | null;
}

/** Reads the command line; what can not be done is one line with the remedy. */
export function parseOptions(argv: readonly string[], terminal: boolean): DemoOptions {
  const command = new Command('npm run demo --')
    .description('The whole migration of the reference application on this machine, under live traffic.')
    .option('--yes', 'approve gates without asking', false)
    .option('--report <file>', 'write the result as JSON')
    .option('--fault <name@where>', 'break something on the way: read-errors@50', parse(parseFault))
    .option('--recover', 'with --fault: take the fault away after the rollback, and go on to the end', false)
    .option('--resume', 'go on after this program was killed', false)
    .option('--scale <n>', 'n times the data', parse(positive), 1)
    .option('--rate <n>', 'operations per second of the live traffic', parse(positive), 60)
    .option('--data-dir <directory>', 'where the stack keeps its data', '.portage/demo')
    .option('--plan <file>', 'another plan for the reference application')
    .option('--sql <file>', 'a PostgreSQL script of your own (not in this version)')
    .addHelpText('after', '\nExit code: 0 completed and verified, 2 rolled back as designed, 1 broken.');
  command.parse(argv, { from: 'user' });
  const given = command.opts<{
    yes: boolean;
    report?: string;
    fault?: Fault;
    recover: boolean;
    resume: boolean;
    scale: number;
    rate: number;
    dataDir: string;
    plan?: string;
    sql?: string;
  }>();
  if (given.sql !== undefined) {
    command.error(
      'The live traffic knows the reference application only, so the demo takes no other script yet. ' +
        'Start the stack with `npx portage up`, load your script there, and start the migration with `npx portage start`.',
    );
  }
  return {
    yes: given.yes || !terminal,
    terminal,
    report: given.report ?? null,
    fault: given.fault ?? null,
    recover: given.recover,
    resume: given.resume,
    scale: given.scale,
    rate: given.rate,
    dataDir: given.dataDir,
    plan: given.plan ?? null,
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${text} is not a number above 0`);
  return value;
}

function parse<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}
