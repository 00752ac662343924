import { askControl, type Control, type ControlOptions } from './model/control-model.ts';
import { createInterner, type Interner } from './model/interner.ts';
import {
  type CompiledStep,
  createStoreTransitions,
  type StoreTransitions,
  type Replaced,
} from './model/store-transitions.ts';
import type { Answer, Op } from './model/operation.ts';
import { BEGIN, createProcesses, DEAD, type Processes, type Script } from './actors/process.ts';
import { askSource, sourceEvents, type SourceOptions } from './model/source-model.ts';
import type { Source } from './model/source-state.ts';
import { askTarget, isWrite, launched, type Target, targetEvents, type TargetOptions } from './model/target-model.ts';

export interface ProcessSpec {
  readonly name: string;
  readonly script: Script;
  /** How often it is restarted after it ended or died. */
  readonly again?: number;
}

export interface StateSpaceOptions {
  readonly source: Source;
  readonly target: Target;
  readonly control: Control;
  readonly processes: readonly ProcessSpec[];
  readonly models: SourceOptions & TargetOptions & ControlOptions & { readonly requestWait: boolean };
}

/** One step, described so that a trace can be printed. */
export interface Transition {
  /** The process, or null for an event without one, such as a crash. */
  actor: string | null;
  op: Op | null;
  how: string;
  flaw: string | null;
}

/**
 * A state is the three stores and a local state per process, each as a number, so that a state is a handful of integers.
 * A process is node × 16 + its expired flag × 8 + how often it may begin again.
 */
export interface StateSpace {
  readonly width: number;
  readonly initial: Uint32Array;
  readonly source: StoreTransitions<Source>;
  readonly target: StoreTransitions<Target>;
  readonly control: StoreTransitions<Control>;
  readonly ops: Interner<Op>;
  readonly answers: Interner<Answer>;
  readonly processes: Processes;
  readonly specs: readonly ProcessSpec[];
  /** The next state, valid during a call of `tell`. */
  readonly scratch: Uint32Array;
  readonly made: Transition;
  /** Calls `tell` for every possible next step. False if the real code must be run first: call it again after `processes.explore`. */
  expand(state: Uint32Array, tell: () => void): boolean;
  /** True when nothing is under way in any process and no transaction is open. */
  isSettled(state: Uint32Array): boolean;
  /** How each process ended; null for those that never began or died. */
  endings(state: Uint32Array): readonly (string | null)[];
}

const FIXED = 3;

export async function createStateSpace(options: StateSpaceOptions): Promise<StateSpace> {
  const { models, processes: specs } = options;
  const ops = createInterner<Op>();
  const answers = createInterner<Answer>();
  const source = createStoreTransitions<Source>(ops, answers, {
    ask: (state, op) => (op.on === 'source' ? askSource(state, op, models) : []),
    events: (state) => sourceEvents(state, models),
    replaced: () => [],
    commits: (before, after) => after.now.committed.length > before.now.committed.length,
  });
  const target = createStoreTransitions<Target>(ops, answers, {
    ask: (state, op) => (op.on === 'target' ? askTarget(state, op, models) : []),
    events: (state) => targetEvents(state, models),
    replaced: replacedValues,
    commits: () => false,
  });
  const control = createStoreTransitions<Control>(ops, answers, {
    ask: (state, op) => (op.on === 'control' ? askControl(state, op, models) : []),
    events: () => [],
    replaced: () => [],
    commits: () => false,
  });
  const processes = createProcesses(ops, answers);
  const width = FIXED + specs.length;
  const first: number[] = [];
  for (const { name, script } of specs) {
    const root = processes.root(name, script);
    if (processes.child(root, BEGIN) === -1) await processes.explore();
    first.push(processes.child(root, BEGIN));
  }
  const initial = new Uint32Array(width);
  initial[0] = source.states.id(options.source);
  initial[1] = target.states.id(options.target);
  initial[2] = control.states.id(options.control);
  specs.forEach(({ again = 0 }, at) => (initial[FIXED + at] = (first[at] ?? 0) * 16 + again));
  const scratch = new Uint32Array(width);
  const made: Transition = { actor: null, op: null, how: '', flaw: null };
  const doubt = answers.id({ kind: 'failed', why: 'doubt' });
  const deadline = answers.id({ kind: 'failed', why: 'deadline' });
  const kinds: number[] = [];
  const orders: (ReadonlyMap<string, number> | undefined)[] = [];

  /** 0 source, 1 target, 2 control, by operation. */
  const kindOf = (op: number): number => {
    const known = kinds[op];
    if (known !== undefined) return known;
    const { on } = ops.value(op);
    return (kinds[op] = on === 'source' ? 0 : on === 'target' ? 1 : 2);
  };

  /** The word of a process at a node: begun anew where it has ended and may. */
  const wordOf = (at: number, node: number, again: number): number => {
    const isOver = node === DEAD || processes.opOf(node) === -1;
    return isOver && again > 0 ? (first[at] ?? 0) * 16 + again - 1 : node * 16 + again;
  };

  const olderOverNewer = (state: Uint32Array, replaced: readonly Replaced[]): string | null => {
    if (replaced.length === 0) return null;
    const id = state[0] ?? 0;
    const order = (orders[id] ??= new Map(source.states.value(id).now.committed.map((name, at) => [name, at])));
    const wrong = replaced.find(({ from, to }) => (order.get(to) ?? Infinity) < (order.get(from) ?? -1));
    return wrong === undefined ? null : `OLDER OVER NEWER: ${wrong.key}: ${wrong.to} covers ${wrong.from}`;
  };

  /** One authority per epoch: in `complete` that is DynamoDB. */
  const twoAuthorities = (state: Uint32Array): string | null =>
    control.states.value(state[2] ?? 0).state.mode === 'complete'
      ? 'TWO AUTHORITIES: a commit in PostgreSQL after complete'
      : null;

  const isRequest = (op: number): boolean => {
    const value = ops.value(op);
    return value.on === 'target' && isWrite(value);
  };

  const expand = (state: Uint32Array, tell: () => void): boolean => {
    let whole = true;
    const emit = (actor: string | null, op: Op | null, how: string, flaw: string | null): void => {
      made.actor = actor;
      made.op = op;
      made.how = how;
      made.flaw = flaw;
      tell();
    };
    for (let at = 0; at < specs.length; at++) {
      const word = state[FIXED + at] ?? 0;
      const again = word & 7;
      const expired = (word & 8) !== 0;
      const node = word >>> 4;
      const op = processes.opOf(node);
      const spec = specs[at];
      if (op === -1 || spec === undefined) continue;
      const kind = kindOf(op);
      const machine = kind === 0 ? source : kind === 1 ? target : control;
      const steps: readonly CompiledStep[] = expired ? [] : machine.ask(state[kind] ?? 0, op);
      if (expired) {
        const value = ops.value(op);
        const answer = value.do === 'transact' ? doubt : deadline;
        const child = processes.child(node, answer);
        if (child === -1) whole = false;
        else {
          scratch.set(state);
          scratch[FIXED + at] = wordOf(at, child, again);
          emit(spec.name, value, 'its time is over', null);
        }
      }
      for (const { next, answer, how, flaw, replaced, commits } of steps) {
        const child = processes.child(node, answer);
        if (child === -1) {
          whole = false;
          continue;
        }
        scratch.set(state);
        scratch[kind] = next;
        scratch[FIXED + at] = wordOf(at, child, again);
        if (kind === 2 && models.requestWait && ops.value(op).do === 'awaitRequests') timeOver(state, at);
        emit(
          spec.name,
          ops.value(op),
          how,
          flaw ?? (commits ? twoAuthorities(state) : olderOverNewer(state, replaced)),
        );
      }
      if (node === first[at]) continue;
      // Whoever has told its caller dies without a trace; what it still had to do in the background is what is lost.
      const end = processes.endOf(node);
      const grave = wordOf(at, end === -1 ? DEAD : processes.ended(end), again);
      const value = ops.value(op);
      scratch.set(state);
      scratch[FIXED + at] = grave;
      emit(spec.name, null, 'DIES', null);
      if (value.on === 'target' && isWrite(value) && !expired && models.losses) {
        const flown = target.derive('launch', state[1] ?? 0, op, (store) => launched(store, value, models));
        if (flown === -1) continue;
        scratch.set(state);
        scratch[1] = flown;
        scratch[FIXED + at] = grave;
        emit(spec.name, null, 'DIES, its request is still under way', null);
      } else if (value.do === 'commit') {
        const sent = steps.find(({ how }) => how === 'no answer comes');
        if (sent === undefined) continue;
        scratch.set(state);
        scratch[0] = sent.next;
        scratch[FIXED + at] = grave;
        emit(spec.name, null, 'DIES, its COMMIT is under way', null);
      }
    }
    for (const { next, how, commits } of source.events(state[0] ?? 0)) {
      scratch.set(state);
      scratch[0] = next;
      emit(null, null, how, commits ? twoAuthorities(state) : null);
    }
    for (const { next, how, flaw, replaced } of target.events(state[1] ?? 0)) {
      scratch.set(state);
      scratch[1] = next;
      emit(null, null, how, flaw ?? olderOverNewer(state, replaced));
    }
    return whole;
  };

  /** Rule d: after T nothing that was sent before can land any more. */
  const timeOver = (state: Uint32Array, actor: number): void => {
    scratch[1] = target.derive('silence', state[1] ?? 0, 0, (store) => ({ ...store, flying: [] }));
    for (let at = 0; at < specs.length; at++) {
      const word = state[FIXED + at] ?? 0;
      const op = processes.opOf(word >>> 4);
      if (at !== actor && op !== -1 && word >>> 4 !== first[at] && isRequest(op)) scratch[FIXED + at] = word | 8;
    }
  };

  return {
    width,
    initial,
    source,
    target,
    control,
    ops,
    answers,
    processes,
    specs,
    scratch,
    made,
    expand,
    isSettled: (state) => {
      for (let at = 0; at < specs.length; at++) {
        const node = (state[FIXED + at] ?? 0) >>> 4;
        if (node !== first[at] && processes.opOf(node) !== -1) return false;
      }
      return source.states.value(state[0] ?? 0).open.length === 0;
    },
    endings: (state) => specs.map((_, at) => processes.ending((state[FIXED + at] ?? 0) >>> 4)),
  };
}

function replacedValues(before: Target, after: Target): readonly Replaced[] {
  const replaced: Replaced[] = [];
  for (const [key, item] of Object.entries(after.items)) {
    const old = before.items[key]?.['value'];
    const { value } = item;
    if (old !== undefined && value !== undefined && 'S' in old && 'S' in value && old.S !== value.S)
      replaced.push({ key, from: old.S, to: value.S });
  }
  return replaced;
}
