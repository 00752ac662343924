import { Command, InvalidArgumentError } from 'commander';

import { parseRevoked, type Revoked } from '../iam/revoke.ts';
import { parseFault } from '../traffic/faults.ts';
import type { TrafficFault } from '../traffic/faults.ts';

export interface DemoOptions {
  /** Gates approve themselves: on request, or because there is no terminal. */
  readonly yes: boolean;
  readonly interactive: boolean;
  readonly report: string | null;
  readonly fault: TrafficFault | null;
  /** Share of the calls of functions and state machines that break, from 0 to 1; null = none. */
  readonly serviceFaults: number | null;
  readonly recover: boolean;
  readonly resume: boolean;
  readonly scale: number;
  readonly rate: number;
  readonly dataDir: string;
  /** With scripts the plan for them, else another one for the reference application. */
  readonly plan: string | null;
  /** PostgreSQL scripts that make the database; none = the reference application's generator does. */
  readonly sql: readonly string[];
  /** Grants that are taken away. */
  readonly revoked: readonly Revoked[];
}

/** Reads the command line; an invalid one is reported on one line with the remedy. */
export function parseOptions(argv: readonly string[], interactive: boolean): DemoOptions {
  const command = new Command('npm run demo --')
    .description(
      'The whole migration on this machine, under live traffic: of the reference application, or of your own plan and data.',
    )
    .option('--yes', 'approve gates without asking', false)
    .option('--report <file>', 'write the result as JSON')
    .option(
      '--fault <name@where>',
      'inject a fault: read-errors@50 makes DynamoDB reads fail while it serves 50 % of reads',
      parse(parseFault),
    )
    .option(
      '--service-faults <share>',
      'break this share of the calls of functions and state machines to every service, and each service in turn altogether',
      parse(shareOf),
    )
    .option('--recover', 'with --fault: remove the fault after the rollback and complete the migration', false)
    .option('--resume', 'continue a demo that was killed', false)
    .option('--scale <n>', 'size of the reference data; 1 = 45,000 rows', parse(positive), 1)
    .option('--rate <n>', 'operations per second of the live traffic', parse(positive), 45)
    .option('--data-dir <directory>', 'where the stack keeps its data', '.portage/demo')
    .option('--plan <file>', 'your plan; without --sql another plan for the reference application')
    .option(
      '--sql <file>',
      'a PostgreSQL script, such as a dump, to load and migrate by --plan; may be repeated',
      collect,
      [],
    )
    .option(
      '--revoke <name:action>',
      'take a grant from the role of a function or state machine, to see what fails: relay:dynamodb:PutItem; may be repeated',
      (value: string, before: readonly Revoked[]) => [...before, parse(parseRevoked)(value)],
      [],
    )
    .addHelpText('after', '\nExit code: 0 completed and verified, 2 rolled back as designed, 1 broken.');
  command.parse(argv, { from: 'user' });
  const given = command.opts<{
    yes: boolean;
    report?: string;
    fault?: TrafficFault;
    serviceFaults?: number;
    recover: boolean;
    resume: boolean;
    scale: number;
    rate: number;
    dataDir: string;
    plan?: string;
    sql: readonly string[];
    revoke: readonly Revoked[];
  }>();
  if (given.sql.length > 0 && given.plan === undefined && !given.resume) {
    command.error('--sql loads a database of your own, so its plan is needed too: add --plan FILE.');
  }
  return {
    yes: given.yes || !interactive,
    interactive,
    report: given.report ?? null,
    fault: given.fault ?? null,
    serviceFaults: given.serviceFaults ?? null,
    recover: given.recover,
    resume: given.resume,
    scale: given.scale,
    rate: given.rate,
    dataDir: given.dataDir,
    plan: given.plan ?? null,
    sql: given.sql,
    revoked: given.revoke,
  };
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${text} is not a number above 0`);
  return value;
}

function shareOf(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1))
    throw new Error(`${text} is not a share of the calls: give one from 0 to 1, such as 0.2`);
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
