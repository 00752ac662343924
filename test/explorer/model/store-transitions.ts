import { createInterner, type Interner } from './interner.ts';
import type { Answer, Op, Step } from './operation.ts';

/** A step with its store and answer by number. */
export interface CompiledStep {
  readonly next: number;
  /** -1 = nobody is told. */
  readonly answer: number;
  readonly how: string;
  readonly flaw: string | null;
  /** Live values that gave way to others. */
  readonly replaced: readonly Replaced[];
  /** Something took effect in PostgreSQL for good. */
  readonly commits: boolean;
}

export interface Replaced {
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

/** A store whose every step is worked out once: its states and the operations on it are far fewer than their combinations. */
export interface StoreTransitions<S> {
  readonly states: Interner<S>;
  ask(state: number, op: number): readonly CompiledStep[];
  events(state: number): readonly CompiledStep[];
  /** The state after something that is no step of its own, -1 where it cannot be. */
  derive(name: string, state: number, op: number, work: (state: S) => S | null): number;
}

export function createStoreTransitions<S>(
  ops: Interner<Op>,
  answers: Interner<Answer>,
  model: {
    readonly ask: (state: S, op: Op) => readonly Step<S>[];
    readonly events: (state: S) => readonly Step<S>[];
    readonly replaced: (before: S, after: S) => readonly Replaced[];
    readonly commits: (before: S, after: S) => boolean;
  },
): StoreTransitions<S> {
  const states = createInterner<S>();
  const asked: (Map<number, readonly CompiledStep[]> | undefined)[] = [];
  const happened: (readonly CompiledStep[] | undefined)[] = [];
  const derived = new Map<string, number>();
  const compile = (before: S, steps: readonly Step<S>[]): readonly CompiledStep[] =>
    steps.map(({ next, answer, how, flaw }) => ({
      next: states.id(next),
      answer: answer === null ? -1 : answers.id(answer),
      how,
      flaw: flaw ?? null,
      replaced: model.replaced(before, next),
      commits: model.commits(before, next),
    }));
  return {
    states,
    ask: (state, op) => {
      let known = asked[state];
      if (known === undefined) asked[state] = known = new Map();
      const steps = known.get(op);
      if (steps !== undefined) return steps;
      const before = states.value(state);
      const compiled = compile(before, model.ask(before, ops.value(op)));
      known.set(op, compiled);
      return compiled;
    },
    events: (state) => {
      const steps = happened[state];
      if (steps !== undefined) return steps;
      const before = states.value(state);
      return (happened[state] = compile(before, model.events(before)));
    },
    derive: (name, state, op, work) => {
      const key = `${name} ${state} ${op}`;
      const known = derived.get(key);
      if (known !== undefined) return known;
      const next = work(states.value(state));
      const id = next === null ? -1 : states.id(next);
      derived.set(key, id);
      return id;
    },
  };
}
