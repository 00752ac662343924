import { type Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { ACCEPTED, type Acceptance, rowName } from '../domain/verification/report/acceptance.ts';
import {
  formatProgress,
  type PartProgress,
  progressOf,
  type RunProgress,
  PROGRESS_RECORD,
} from '../domain/verification/report/progress.ts';
import { VERIFICATION, type VerificationSummary } from '../domain/verification/report/schema.ts';
import type { ControlTable } from '../domain/ports/control.ts';
import { isFull } from '../domain/verification/report/scope.ts';
import { connect } from './connect.ts';
import { executionName, type Machines, startMachine, waitFor } from './machines.ts';
import { nonBlank } from './non-blank.ts';
import { OperatorError } from './operator-error.ts';
import { print, table } from './output.ts';

const rowReference = z.object({ entity: z.string(), identity: z.array(z.string()) });
const summary = z.looseObject({
  run: z.string(),
  clean: z.boolean(),
  rowsCompared: z.number(),
  mismatches: z.number(),
  unverified: z.number(),
  details: z.string(),
  scope: z.object({ entity: z.string().nullable(), sample: z.number().nullable() }),
  damages: z.record(z.string(), z.number()),
  examples: z.array(
    z.object({
      entity: z.string().nullable(),
      identity: z.array(z.string()).nullable(),
      damage: z.string(),
      fields: z.array(z.string()),
    }),
  ),
  unstable: z.array(rowReference),
  accepted: z.array(rowReference.extend({ by: z.string(), reason: z.string() })),
  entities: z.record(
    z.string(),
    z.looseObject({ source: z.number(), items: z.number(), unverified: z.number(), verdict: z.string() }),
  ),
  repaired: z.record(z.string(), z.union([z.string(), z.number()])).nullish(),
});
type Summary = z.infer<typeof summary>;

interface VerifyOptions {
  readonly entity?: string;
  readonly sample?: number;
  readonly repair: boolean;
  readonly showValues: boolean;
  readonly json: boolean;
}

/** `portage verify` compares the stores now; `portage accept` accepts a row that cannot be compared. */
export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('compare PostgreSQL with DynamoDB now; exit 1 when anything differs or could not be compared')
    .option('--entity <name>', 'verify only this entity of the plan; never evidence for a gate')
    .option(
      '--sample <1/N>',
      'verify one row in N, a different sample each time; never evidence for a gate',
      parseSample,
    )
    .option('--repair', 'afterwards rewrite items with stable mismatches from PostgreSQL', false)
    .option(
      '--show-values',
      'write differing values instead of their hashes into the details; they may be personal data',
      false,
    )
    .option('--json', 'print JSON', false)
    .action(async ({ entity, sample, repair, showValues, json }: VerifyOptions) => {
      const { states, control } = connect();
      await assertStarted(control);
      const run = executionName('on-demand');
      const input = { run, kind: 'on-demand', entity: entity ?? null, sample: sample ?? null, repair, showValues };
      const execution = await startMachine(states, 'verify', run, input);
      const result = summary.parse(await followRun(states, control, execution, run, json));
      print(json, result, summaryLines(result));
      if (result.mismatches + result.unverified > result.accepted.length) process.exitCode = 1;
    });

  program
    .command('accept')
    .description('accept a row that no verification could compare; expires once a verification has compared it')
    .argument('<entity>', 'entity of the plan')
    .argument('<identity...>', 'the identity, one argument per column, as the last verification reports it')
    .requiredOption('--by <name>', 'who accepts it', nonBlank('--by', 'the name of the person who accepts the row'))
    .requiredOption('--reason <text>', 'why it is acceptable', nonBlank('--reason', 'why the row is acceptable'))
    .option('--json', 'print JSON', false)
    .action(
      async (
        entity: string,
        identity: string[],
        { by, reason, json }: { by: string; reason: string; json: boolean },
      ) => {
        const { control } = connect();
        const run = await runThatReported(control, entity, identity);
        const acceptance: Acceptance = { entity, identity, by, reason, run, at: new Date().toISOString() };
        await control.write(ACCEPTED, rowName(entity, identity), acceptance, 'any');
        print(json, acceptance, [
          `${entity} ${identity.join(' ')}: accepted by ${by} as unverified, until a verification compares it`,
          'continue with `portage resume`: the gates measure again',
        ]);
      },
    );
}

/** A verification needs the facts that the start of a generation records. */
async function assertStarted(control: ControlTable): Promise<void> {
  const { mode, generation } = await control.mode();
  if ((await control.facts(generation)) === null)
    throw new OperatorError(`nothing to verify yet (mode ${mode}, nothing loaded): begin with \`portage start\``);
}

/** Waits for a run and prints its progress to stderr, because stdout may be JSON. */
async function followRun(
  states: Machines,
  control: ControlTable,
  execution: string,
  run: string,
  quiet: boolean,
): Promise<unknown> {
  let lastLine = '';
  const printProgress = async (): Promise<void> => {
    const progress = progressOf(await control.list<RunProgress | PartProgress>(PROGRESS_RECORD), run);
    if (progress === null) return;
    const line = `verifying: ${formatProgress(progress)}`;
    if (line !== lastLine) process.stderr.write(`${line}\n`);
    lastLine = line;
  };
  const timer = quiet ? null : setInterval(() => void printProgress().catch(() => {}), 2000);
  try {
    return await waitFor(states, execution);
  } finally {
    if (timer !== null) clearInterval(timer);
  }
}

function summaryLines(result: Summary): readonly string[] {
  const { scope, clean, accepted, unstable, damages, examples, repaired } = result;
  const parts = [
    ...(scope.entity === null ? [] : [`only ${scope.entity}`]),
    ...(scope.sample === null ? [] : [`a sample, 1 row in ${scope.sample}`]),
  ];
  return [
    parts.length === 0 ? `clean: ${clean}` : `${parts.join(', ')}: never evidence for a gate`,
    `${result.rowsCompared} rows compared, ${result.mismatches} mismatches, ${result.unverified} unverified`,
    ...table([
      ['entity', 'rows', 'items', 'unverified', 'verdict'],
      ...Object.entries(result.entities).map(([entity, { source, items, unverified, verdict }]) => [
        entity,
        String(source),
        String(items),
        String(unverified),
        verdict,
      ]),
    ]),
    ...Object.entries(damages).map(([damage, count]) => `${damage}: ${count}`),
    ...examples.map(
      ({ entity, identity, damage, fields }) =>
        `  ${entity ?? 'no entity'} ${identity?.join(' ') ?? '?'}: ${damage} (${fields.join(', ')})`,
    ),
    ...(examples.length < result.mismatches ? [`  and ${result.mismatches - examples.length} more`] : []),
    ...unstable.map(({ entity, identity }) => `kept changing: ${entity} ${identity.join(' ')}`),
    ...accepted.map(
      ({ entity, identity, by, reason }) => `accepted by ${by}: ${entity} ${identity.join(' ')}, ${reason}`,
    ),
    ...(repaired ? [`repair: ${repairOutcomes(repaired)}`, 'verify again: a repair proves nothing'] : []),
    `findings: ${result.details}`,
  ];
}

function repairOutcomes(repaired: Readonly<Record<string, string | number>>): string {
  const counted = Object.entries(repaired).filter(([, count]) => typeof count === 'number' && count > 0);
  const counts = counted.map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'nothing to change';
  return `${counts} (${repaired['details']})`;
}

/** The last full verification, if it reports this row as unverified; other rows cannot be accepted. */
async function runThatReported(control: ControlTable, entity: string, identity: readonly string[]): Promise<string> {
  const records = await control.list<VerificationSummary>(VERIFICATION);
  const last = records
    .map(({ value }) => value)
    .filter(({ scope }) => isFull(scope))
    .toSorted((left, right) => (left.finishedAt < right.finishedAt ? -1 : 1))
    .at(-1);
  if (last === undefined) throw new OperatorError('no full verification has finished yet: begin with `portage verify`');
  const names = last.unstable.map((row) => rowName(row.entity, row.identity));
  if (names.includes(rowName(entity, identity))) return last.run;
  const known = last.unstable.map((row) => `${row.entity} ${row.identity.join(' ')}`).join('; ') || 'no row';
  throw new OperatorError(`${entity} ${identity.join(' ')} is not among the unverified rows of ${last.run}: ${known}`);
}

/** `1/100` or `100`. */
function parseSample(text: string): number {
  const match = /^(?:1\/)?([1-9]\d{0,4})$/.exec(text);
  const sample = Number(match?.[1]);
  if (sample >= 2 && sample <= 10_000) return sample;
  throw new InvalidArgumentError('Expected 1/N, with N between 2 and 10000.');
}
