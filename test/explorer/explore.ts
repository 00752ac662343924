import { performance } from 'node:perf_hooks';
import type { Judge } from './invariants.ts';
import { createVisited, type Visited } from './visited-set.ts';
import { stepWords } from './trace-text.ts';
import type { World } from './state-space.ts';

export interface Violation {
  readonly what: string;
  /** The shortest way there, in words. */
  readonly trace: readonly string[];
  /** The same as choices, by position among the steps that were possible: `replay` takes them. */
  readonly choices: readonly number[];
}

export interface Explored {
  readonly states: number;
  readonly transitions: number;
  /** Moments at rest that were judged. */
  readonly settled: number;
  /** Local states of the processes for which the real code was run. */
  readonly histories: number;
  /** Longest shortest way. */
  readonly depth: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** False where the limit came first. */
  readonly complete: boolean;
  readonly violation: Violation | null;
}

/** Breadth first over every interleaving, so that the first violation met has the shortest trace. */
export async function explore(world: World, judge: Judge, limit = 5_000_000): Promise<Explored> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const visited = createVisited(world.width);
  const state = new Uint32Array(world.width);
  let transitions = 0;
  let settled = 0;
  let depth = 0;
  let layerEnd = 1;
  let flaw: { readonly what: string; readonly parent: number; readonly next: Uint32Array } | null = null;
  const report = (violation: Violation | null, complete: boolean): Explored => {
    const { user, system } = process.cpuUsage(cpu);
    return {
      states: visited.size,
      transitions,
      settled,
      histories: world.processes.size,
      depth,
      seconds: (performance.now() - started) / 1000,
      cpuSeconds: (user + system) / 1e6,
      complete,
      violation,
    };
  };
  visited.add(world.initial, -1);
  for (let index = 0; index < visited.size; index++) {
    if (index === layerEnd) {
      depth++;
      layerEnd = visited.size;
    }
    visited.read(index, state);
    if (world.isSettled(state)) {
      settled++;
      const verdict = judge.verdict(state);
      const what = verdict instanceof Promise ? await verdict : verdict;
      if (what !== null) return report(await traced(world, visited, index, null, what), false);
    }
    if (visited.size > limit) return report(null, false);
    let steps = 0;
    const tell = (): void => {
      steps++;
      visited.add(world.scratch, index);
      if (world.made.flaw !== null && flaw === null)
        flaw = { what: world.made.flaw, parent: index, next: world.scratch.slice() };
    };
    while (!world.expand(state, tell)) {
      await world.processes.explore();
      steps = 0;
    }
    transitions += steps;
    if (flaw !== null) {
      const { what, parent, next }: { what: string; parent: number; next: Uint32Array } = flaw;
      return report(await traced(world, visited, parent, next, what), false);
    }
  }
  return report(null, true);
}

/** The way from the beginning to a state, and one step on where it is the step that breaks something. */
async function traced(
  world: World,
  visited: Visited,
  index: number,
  last: Uint32Array | null,
  what: string,
): Promise<Violation> {
  const way: Uint32Array[] = last === null ? [] : [last];
  for (let at = index; at !== -1; at = visited.parent(at)) {
    const state = new Uint32Array(world.width);
    visited.read(at, state);
    way.unshift(state);
  }
  const trace: string[] = [];
  const choices: number[] = [];
  for (let at = 0; at + 1 < way.length; at++) {
    const [from, to] = [way[at], way[at + 1]];
    if (from === undefined || to === undefined) break;
    const step = (await stepsFrom(world, from)).find(({ next }) =>
      next.every((word, position) => word === to[position]),
    );
    if (step === undefined) throw new Error('a step of the trace cannot be found again');
    trace.push(step.words);
    choices.push(step.choice);
  }
  return { what, trace, choices };
}

export interface PossibleStep {
  readonly choice: number;
  readonly words: string;
  readonly flaw: string | null;
  readonly next: Uint32Array;
}

/** Every step that can follow, in words. */
export async function stepsFrom(world: World, state: Uint32Array): Promise<readonly PossibleStep[]> {
  let steps: PossibleStep[] = [];
  const tell = (): void => {
    const { actor, op, how, flaw } = world.made;
    steps.push({ choice: steps.length, words: stepWords(actor, op, how), flaw, next: world.scratch.slice() });
  };
  while (!world.expand(state, tell)) {
    await world.processes.explore();
    steps = [];
  }
  return steps;
}
