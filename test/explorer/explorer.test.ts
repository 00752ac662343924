import { afterAll, expect, test } from '@jest/globals';
import { CARRYING } from './mutations/carrying.ts';
import { COVERED } from './mutations/covered.ts';
import { MOVING } from './mutations/moving.ts';
import { WRITING } from './mutations/writing.ts';
import { type Shown, takeOut } from './mutations/mutation.ts';
import type { Explored } from './explore.ts';
import { replay, walk } from './replay.ts';
import { defenceTable, scenarioTable, storyOf } from './report.ts';
import { exploreScenario, open, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const DEFENCES = [...WRITING, ...CARRYING, ...MOVING];
const explored: { readonly scenario: Scenario; readonly result: Explored }[] = [];
const shown: Shown[] = [];

// To the terminal itself: what was explored is part of what the run says.
afterAll(() => {
  process.stderr.write(`${scenarioTable(explored)}\n${defenceTable(shown)}\n`);
});

test.each(SCENARIOS)(
  'nothing is lost: $name',
  async (scenario) => {
    const result = await exploreScenario(scenario);
    explored.push({ scenario, result });
    expect(storyOf(result.violation)).toBe('');
    expect(result.complete).toBe(true);
  },
  600_000,
);

test.each(DEFENCES)(
  'its absence is found: $name ($races)',
  async (defence) => {
    const result = await takeOut(defence);
    shown.push(result);
    expect(storyOf(result.whole.violation)).toBe('');
    expect(result.whole.complete).toBe(true);
    expect(result.broken.violation?.what).toMatch(defence.violation);
  },
  600_000,
);

test.each(COVERED)(
  'its absence alone is covered: $name',
  async (scenario) => {
    const { violation, complete } = await exploreScenario(scenario);
    expect(storyOf(violation)).toBe('');
    expect(complete).toBe(true);
  },
  600_000,
);

test('a million states take less than a minute of one core', () => {
  const states = explored.reduce((sum, { result }) => sum + result.states, 0);
  const seconds = explored.reduce((sum, { result }) => sum + result.cpuSeconds, 0);
  expect(states).toBeGreaterThanOrEqual(1_000_000);
  expect((seconds / states) * 1_000_000).toBeLessThan(60);
});

test('a list of choices replays a run, word for word', async () => {
  const [defence] = WRITING;
  if (defence === undefined) throw new Error('no defence');
  const broken = { ...defence.whole, ...defence.out };
  const { violation } = await exploreScenario(broken);
  const again = await replay(await open(broken), violation?.choices ?? []);
  expect(again.words).toEqual(violation?.trace);
  expect(again.violation).toBe(violation?.what);
});

test('a seed replays a run, and no run of chance breaks anything', async () => {
  const seed = Number(process.env['EXPLORER_SEED'] ?? Date.now() % 1_000_000);
  process.stderr.write(`explorer: walks from EXPLORER_SEED=${seed}\n`);
  for (const scenario of SCENARIOS) {
    const opened = await open(scenario);
    for (let at = 0; at < 40; at++) {
      const run = await walk(opened, seed + at, 400);
      expect(run.violation === null ? '' : `${run.choices.join('.')}: ${run.violation}`).toBe('');
    }
    const [one, other] = [await walk(opened, seed, 400), await walk(await open(scenario), seed, 400)];
    expect(other).toEqual(one);
  }
}, 600_000);

const named = process.env['EXPLORER_SCENARIO'];
const steps = process.env['EXPLORER_STEPS'];

if (named !== undefined && steps !== undefined)
  test('the run that was asked for', async () => {
    const broken = DEFENCES.map(({ name, whole, out }) => ({ ...whole, ...out, name }));
    const scenario = [...SCENARIOS, ...broken].find(({ name }) => name === named);
    if (scenario === undefined) throw new Error(`there is no scenario and no defence called ${named}`);
    const run = await replay(await open(scenario), steps.split('.').map(Number));
    process.stderr.write(
      `${storyOf({ what: run.violation ?? 'nothing is wrong', trace: run.words, choices: run.choices })}\n`,
    );
  });
