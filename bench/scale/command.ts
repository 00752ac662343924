import { join } from 'node:path';
import { readDefinitions } from '../../infra/definition.ts';
import { readManifest } from '../../infra/manifest.ts';
import { countEvents, type Events, secondsOf } from './events.ts';
import { lanesOf } from './graph.ts';
import { LIMITS, RATES } from './rates.ts';
import { simulate, type Step } from './steps.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A value that is above its limit. */
export interface Excess {
  readonly what: string;
  readonly found: number;
  readonly limit: number;
}

/** Prints what a migration of so many rows takes, by simulation; false where a limit of AWS is exceeded. */
export async function scale({ rows, tables }: { readonly rows: number; readonly tables: number }): Promise<boolean> {
  const steps = await simulate(rows, tables);
  const definitions = readDefinitions(join(ROOT, 'statemachines'));
  const events = await countEvents(definitions, steps);
  const hours = hoursOf(definitions, steps);
  const excesses = findExcesses(steps, events, hours);
  const lines = [
    `${rows.toLocaleString('en-US')} rows in ${tables} tables, simulated. Rates:`,
    ...Object.values(RATES).map(({ value, what, source }) => `  ${value} ${what} (${source})`),
    '',
    columns(['state', 'calls', 'in one execution', 's a call', 'of', 's a statement', 'answer', 'payload', 'record']),
    ...steps.map((step) =>
      columns([
        `${step.machine} ${step.state}`,
        step.calls,
        step.turns,
        Math.ceil(step.seconds),
        timeoutOf(step),
        step.statementSeconds === undefined ? '' : step.statementSeconds.toFixed(1),
        kib(step.answerBytes),
        kib(step.payloadBytes),
        kib(step.recordBytes),
      ]),
    ),
    '',
    columns(['execution', 'events']),
    ...events.map(({ execution, events: most }) => columns([execution, most])),
    '',
    columns(['machine', 'hours', 'callers wait']),
    ...hours.map(({ machine, hours: taken, limit }) => columns([machine, taken.toFixed(1), limit])),
    '',
    ...(excesses.length === 0 ? ['ok   no limit of AWS is exceeded'] : []),
    ...excesses.map(({ what, found, limit }) => `FAIL ${what}: ${Math.ceil(found)}, at most ${limit}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return excesses.length === 0;
}

/** How long the steps of a machine take, and how long its callers wait for it. */
export interface Hours {
  readonly machine: string;
  readonly hours: number;
  readonly limit: number;
}

/** Hours of each machine's steps, the parts of its maps as many at a time as its definition says. */
export function hoursOf(definitions: ReadonlyMap<string, string>, steps: readonly Step[]): readonly Hours[] {
  const limits = secondsOf(definitions);
  return [...new Set(steps.map(({ machine }) => machine))].map((machine) => {
    const lanes = lanesOf(definitions.get(machine) ?? '');
    const seconds = steps
      .filter((step) => step.machine === machine)
      .reduce((sum, step) => sum + (step.allSeconds ?? step.calls * step.seconds) / (lanes.get(step.state) ?? 1), 0);
    return { machine, hours: seconds / 3600, limit: (limits.get(machine) ?? 0) / 3600 };
  });
}

/** What is above a limit of AWS, or of the functions. */
export function findExcesses(
  steps: readonly Step[],
  events: readonly Events[],
  hours: readonly Hours[],
): readonly Excess[] {
  const ofSteps = steps.flatMap((step) => {
    const name = `${step.machine} ${step.state}`;
    return [
      { what: `${name}, seconds of a call`, found: step.seconds, limit: timeoutOf(step) },
      {
        what: `${name}, seconds of a statement`,
        found: step.statementSeconds ?? 0,
        limit: LIMITS.statementSeconds.value,
      },
      { what: `${name}, bytes of an answer`, found: step.answerBytes ?? 0, limit: LIMITS.answerBytes.value },
      { what: `${name}, bytes of a payload`, found: step.payloadBytes, limit: LIMITS.payloadBytes.value },
      { what: `${name}, bytes of a record`, found: step.recordBytes ?? 0, limit: LIMITS.recordBytes.value },
    ];
  });
  const ofEvents = events.map(({ execution, events: found }) => ({
    what: `${execution}, events`,
    found,
    limit: LIMITS.events.value,
  }));
  const ofHours = hours.map(({ machine, hours: found, limit }) => ({ what: `${machine}, hours`, found, limit }));
  return [...ofSteps, ...ofEvents, ...ofHours].filter(({ found, limit }) => !(found <= limit));
}

const timeouts = new Map(
  readManifest(join(ROOT, 'infra', 'functions.json')).functions.map(({ name, timeoutSeconds }) => [
    name,
    timeoutSeconds,
  ]),
);

function timeoutOf({ fn }: Step): number {
  return timeouts.get(fn) ?? 0;
}

const WIDTHS = [34, 9, 17, 9, 5, 14, 9, 9, 9];

function columns(values: readonly (string | number)[]): string {
  return values
    .map((value, at) => (at === 0 ? String(value).padEnd(44) : String(value).padStart(WIDTHS[at] ?? 9)))
    .join('');
}

function kib(bytes: number | undefined): string {
  return bytes === undefined ? '' : `${Math.ceil(bytes / 1024)} KiB`;
}
