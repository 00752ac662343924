import jsonata from 'jsonata';
import * as z from 'zod';
import { eventsOf, type Graph, graphsOf, type Loop, loopsOf } from './graph.ts';
import { BUDGET_MS } from '../../handlers/wiring/budgets.ts';
import type { Step } from './steps.ts';

/** The events of one execution, where everything takes as long, and is repeated as often, as its definition allows. */
export interface Events {
  readonly machine: string;
  /** A part of a distributed map is an execution of its own. */
  readonly execution: string;
  readonly events: number;
}

const YEAR = 365 * 86_400;
/** A person decides on one gate at most so often: what a hold of a stage takes before it asks again. */
const DECISION_SECONDS = 21_600;
/** Stages that a plan may have: percents, and the shadow. */
const STAGES = 101;

/**
 * The most events of every kind of execution, by its loops: how often a loop turns is bounded by what its Wait takes of the time that
 * callers give the machine (a year where there are none), by a counter, by a gate, or by the calls that the simulation counts. A loop
 * without such a bound has infinitely many. Loops that only a redrive enters do not count, nor do retries.
 */
export async function countEvents(
  definitions: ReadonlyMap<string, string>,
  steps: readonly Step[],
): Promise<readonly Events[]> {
  const limits = secondsOf(definitions);
  const counted = [...definitions].flatMap(([machine, definition]) =>
    graphsOf(definition).map(async (graph, at): Promise<Events> => {
      const limit = Math.min(limits.get(machine) ?? YEAR, YEAR);
      let events = eventsOf(graph.values());
      for (const loop of loopsOf(graph)) events += (await turnsOf(machine, graph, loop, limit, steps)) * eventsOf(loop);
      return { machine, execution: at === 0 ? machine : `${machine}, a part (${[...graph.keys()][0]})`, events };
    }),
  );
  return Promise.all(counted);
}

/** How long the callers of each machine wait for it. */
export function secondsOf(definitions: ReadonlyMap<string, string>): ReadonlyMap<string, number> {
  const seconds = new Map<string, number>();
  for (const definition of definitions.values())
    for (const { Arguments, TimeoutSeconds = YEAR } of graphsOf(definition).flatMap((graph) => [...graph.values()])) {
      const called = z.looseObject({ StateMachineArn: z.string() }).safeParse(Arguments);
      const child = called.success ? /^\$\{(\w+)StateMachineArn\}$/.exec(called.data.StateMachineArn)?.[1] : undefined;
      if (child === undefined) continue;
      const name = child.replaceAll(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
      seconds.set(name, Math.max(seconds.get(name) ?? 0, TimeoutSeconds));
    }
  return seconds;
}

async function turnsOf(
  machine: string,
  graph: Graph,
  loop: Loop,
  limit: number,
  steps: readonly Step[],
): Promise<number> {
  const bounds = [Number.POSITIVE_INFINITY];
  const names = new Map([...graph].map(([name, state]) => [state, name]));
  for (const [at, state] of loop.entries()) {
    for (const { Condition } of state.Choices ?? []) {
      const polls = /\$polls > (\d+)/.exec(Condition)?.[1];
      if (polls !== undefined) bounds.push(Number(polls));
      if (/\$index < \$count\(\$settings\.stages\)/.test(Condition)) bounds.push(STAGES);
    }
    const { Payload } = state.Arguments ?? {};
    const attempts = typeof Payload === 'object' ? Payload.attempts : undefined;
    if (attempts !== undefined && attempts > 0) bounds.push(attempts);
    // Its decision, or that nobody decides, leads back into the loop.
    const decided = names.get(loop[(at + 1) % loop.length] ?? state) === state.Next;
    if (state.Resource.includes('waitForTaskToken'))
      bounds.push(Math.ceil(limit / (decided ? DECISION_SECONDS : (state.TimeoutSeconds ?? 1))));
    if (state.Type === 'Wait') bounds.push(await turnsWithin(limit, state.Seconds ?? 0));
    const name = names.get(state);
    // A call that is made again takes at least its budget, except the last one.
    if (loop.length === 2 && name === 'RepairMismatches')
      bounds.push(Math.ceil(limit / (BUDGET_MS['repair-mismatches'] / 1000)) + 1);
    const step = steps.find((known) => known.machine === machine && known.state === name);
    if (step !== undefined && loop.length === 2) bounds.push(step.turns);
  }
  return Math.min(...bounds);
}

/** Holds of a stage before a gate is opened. */
const HOLDS = 6;

/** How often a Wait ends within this time, its counter rising by one each time. What only the plan knows is taken for no time. */
async function turnsWithin(limit: number, wait: number | string): Promise<number> {
  const key = `${limit} ${wait}`;
  const known = knownTurns.get(key) ?? (await countTurns(limit, wait));
  knownTurns.set(key, known);
  return known;
}

/** Thousands of evaluations each. */
const knownTurns = new Map<string, number>();

async function countTurns(limit: number, wait: number | string): Promise<number> {
  if (typeof wait === 'number') return Math.ceil(limit / wait);
  if (/\$settings|\$settleSeconds/.test(wait)) return Number.POSITIVE_INFINITY;
  const expression = jsonata(wait.replaceAll(/^\{%|%\}$/g, ''));
  let turns = 0;
  for (let passed = 0; passed < limit; turns++)
    passed += z
      .number()
      .positive()
      .parse(await expression.evaluate({}, { waits: turns, holds: turns % HOLDS }));
  return turns;
}
