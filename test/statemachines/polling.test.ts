import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { findExcesses, hoursOf } from '../../bench/scale/command.ts';
import { countEvents } from '../../bench/scale/events.ts';
import { simulate, type Step } from '../../bench/scale/steps.ts';
import { readDefinitions } from '../../infra/definition.ts';

/** An execution fails at 25,000 events: what is left is for retries and redrives. */
const MOST_EVENTS = 22_500;

const definitions = readDefinitions(join(import.meta.dirname, '../../statemachines'));
let steps: readonly Step[];

beforeAll(async () => {
  steps = await simulate(100_000_000, 100);
}, 60_000);

async function eventsOf(machine: string, change: (definition: string) => string = (text) => text): Promise<number> {
  const changed = new Map([...definitions].map(([name, text]) => [name, name === machine ? change(text) : text]));
  const counted = await countEvents(changed, steps);
  return Math.max(...counted.filter((events) => events.machine === machine).map(({ events }) => events));
}

test.each([...definitions.keys()])('%s keeps below 25,000 events, however long it waits', async (machine) => {
  expect(await eventsOf(machine)).toBeLessThan(MOST_EVENTS);
});

describe('what would pass the limit is found', () => {
  test.each([
    ['delete-source', /"Seconds": "[^"]*waits[^"]*"/g, '"Seconds":60'],
    ['prove-backup', /"Seconds": "[^"]*waits[^"]*"/g, '"Seconds":120'],
    ['decommission', /"Seconds": "[^"]*waits[^"]*"/g, '"Seconds":900'],
    ['cutover', /"Seconds": "[^"]*holds[^"]*"/g, '"Seconds":900'],
    ['drain', /"attempts": 120/g, '"attempts":0'],
    ['auth', /"attempts": 1008/g, '"attempts":0'],
  ])('%s without its brake', async (machine, brake, without) => {
    expect(definitions.get(machine)).toMatch(brake);
    expect(await eventsOf(machine, (text) => text.replace(brake, without))).toBeGreaterThan(MOST_EVENTS);
  });

  test('a loop of calls that the simulation does not know', async () => {
    const unknown = steps.filter(({ state }) => state !== 'CompareRestored');
    const counted = await countEvents(definitions, unknown);
    expect(counted.filter(({ events }) => events === Number.POSITIVE_INFINITY)).toHaveLength(1);
  });
});

test('a migration of 100 million rows exceeds no limit of AWS, and takes many calls where one was too long', async () => {
  const excesses = findExcesses(steps, await countEvents(definitions, steps), hoursOf(definitions, steps));
  expect(excesses).toEqual([]);
  for (const state of ['PlanLoad', 'LoadSegment', 'FinishLoad', 'PlanVerification', 'CompareRestored', 'ImportUsers'])
    expect(steps.find((step) => step.state === state)?.turns).toBeGreaterThan(2);
});

test('each limit is checked', () => {
  const [step] = steps;
  if (step === undefined) throw new Error('there are steps');
  const tooMuch = {
    ...step,
    seconds: 901,
    statementSeconds: 46,
    answerBytes: 2e6,
    payloadBytes: 3e5,
    recordBytes: 5e5,
  };
  const events = [{ machine: 'load', execution: 'load', events: 25_001 }];
  const hours = [{ machine: 'load', hours: 25, limit: 24 }];
  expect(findExcesses([tooMuch], events, hours).map(({ what }) => what.replace(/^.*, /, ''))).toEqual([
    'seconds of a call',
    'seconds of a statement',
    'bytes of an answer',
    'bytes of a payload',
    'bytes of a record',
    'events',
    'hours',
  ]);
});
