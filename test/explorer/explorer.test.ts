import { afterAll, expect, test } from '@jest/globals';
import { CARRYING } from './mutations/carrying.ts';
import { COVERED } from './mutations/covered.ts';
import { MOVING } from './mutations/moving.ts';
import { WRITING } from './mutations/writing.ts';
import { type MutationResult, mutate } from './mutations/mutation.ts';
import type { Explored } from './explore.ts';
import { replay, walk } from './replay.ts';
import { mutationTable, scenarioTable, traceOf } from './report.ts';
import { exploreScenario, open, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const MUTATIONS = [...WRITING, ...CARRYING, ...MOVING];
const explored: { readonly scenario: Scenario; readonly result: Explored }[] = [];
const results: MutationResult[] = [];

// Straight to the terminal: the tables are part of the run's output.
afterAll(() => {
  process.stderr.write(`${scenarioTable(explored)}\n${mutationTable(results)}\n`);
});

test.each(SCENARIOS)(
  'nothing is lost: $name',
  async (scenario) => {
    const result = await exploreScenario(scenario);
    explored.push({ scenario, result });
    expect(traceOf(result.violation)).toBe('');
    expect(result.complete).toBe(true);
  },
  600_000,
);

test.each(MUTATIONS)(
  'the mutation is found: $name ($races)',
  async (mutation) => {
    const result = await mutate(mutation);
    results.push(result);
    expect(traceOf(result.intact.violation)).toBe('');
    expect(result.intact.complete).toBe(true);
    expect(result.mutated.violation?.what).toMatch(mutation.violation);
  },
  600_000,
);

test.each(COVERED)(
  'another defence covers the mutation: $name',
  async (scenario) => {
    const { violation, complete } = await exploreScenario(scenario);
    expect(traceOf(violation)).toBe('');
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

test('a list of choices replays a run exactly', async () => {
  const [mutation] = WRITING;
  if (mutation === undefined) throw new Error('no mutation');
  const broken = { ...mutation.scenario, ...mutation.changes };
  const { violation } = await exploreScenario(broken);
  const again = await replay(await open(broken), violation?.choices ?? []);
  expect(again.words).toEqual(violation?.trace);
  expect(again.violation).toBe(violation?.what);
});

test('a seed replays a run, and no random run violates anything', async () => {
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
  test('the requested run', async () => {
    const broken = MUTATIONS.map(({ name, scenario, changes }) => ({ ...scenario, ...changes, name }));
    const scenario = [...SCENARIOS, ...broken].find(({ name }) => name === named);
    if (scenario === undefined) throw new Error(`there is no scenario and no mutation called ${named}`);
    const run = await replay(await open(scenario), steps.split('.').map(Number));
    process.stderr.write(
      `${traceOf({ what: run.violation ?? 'nothing is wrong', trace: run.words, choices: run.choices })}\n`,
    );
  });
