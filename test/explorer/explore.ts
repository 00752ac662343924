import { performance } from 'node:perf_hooks';
import type { Invariants } from './invariants.ts';
import { createVisitedSet, type VisitedSet } from './visited-set.ts';
import { stepText } from './trace-text.ts';
import type { StateSpace } from './state-space.ts';

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
  /** States at rest that were checked. */
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
export async function explore(space: StateSpace, invariants: Invariants, limit = 5_000_000): Promise<Explored> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const visited = createVisitedSet(space.width);
  const state = new Uint32Array(space.width);
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
      histories: space.processes.size,
      depth,
      seconds: (performance.now() - started) / 1000,
      cpuSeconds: (user + system) / 1e6,
      complete,
      violation,
    };
  };
  visited.add(space.initial, -1);
  for (let index = 0; index < visited.size; index++) {
    if (index === layerEnd) {
      depth++;
      layerEnd = visited.size;
    }
    visited.read(index, state);
    if (space.isSettled(state)) {
      settled++;
      const verdict = invariants.verdict(state);
      const what = verdict instanceof Promise ? await verdict : verdict;
      if (what !== null) return report(await traced(space, visited, index, null, what), false);
    }
    if (visited.size > limit) return report(null, false);
    let steps = 0;
    const tell = (): void => {
      steps++;
      visited.add(space.scratch, index);
      if (space.made.flaw !== null && flaw === null)
        flaw = { what: space.made.flaw, parent: index, next: space.scratch.slice() };
    };
    while (!space.expand(state, tell)) {
      await space.processes.explore();
      steps = 0;
    }
    transitions += steps;
    if (flaw !== null) {
      const { what, parent, next }: { what: string; parent: number; next: Uint32Array } = flaw;
      return report(await traced(space, visited, parent, next, what), false);
    }
  }
  return report(null, true);
}

/** The way from the beginning to a state, and one step on where it is the step that breaks something. */
async function traced(
  space: StateSpace,
  visited: VisitedSet,
  index: number,
  last: Uint32Array | null,
  what: string,
): Promise<Violation> {
  const way: Uint32Array[] = last === null ? [] : [last];
  for (let at = index; at !== -1; at = visited.parent(at)) {
    const state = new Uint32Array(space.width);
    visited.read(at, state);
    way.unshift(state);
  }
  const trace: string[] = [];
  const choices: number[] = [];
  for (let at = 0; at + 1 < way.length; at++) {
    const [from, to] = [way[at], way[at + 1]];
    if (from === undefined || to === undefined) break;
    const step = (await stepsFrom(space, from)).find(({ next }) =>
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
export async function stepsFrom(space: StateSpace, state: Uint32Array): Promise<readonly PossibleStep[]> {
  let steps: PossibleStep[] = [];
  const tell = (): void => {
    const { actor, op, how, flaw } = space.made;
    steps.push({ choice: steps.length, words: stepText(actor, op, how), flaw, next: space.scratch.slice() });
  };
  while (!space.expand(state, tell)) {
    await space.processes.explore();
    steps = [];
  }
  return steps;
}
