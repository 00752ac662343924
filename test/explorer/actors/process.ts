import type { Interner } from '../model/interner.ts';
import type { Answer, Op } from '../model/operation.ts';

/** Asks a store, and learns what came of it. */
export type Call = (op: Op) => Promise<Answer>;

/** A program of the real code: what it asks next depends on nothing but the answers it got. Its result says how it ended. */
export type Script = (call: Call) => Promise<string>;

/** Died on its way. */
export const DEAD = 0;

/**
 * The local state of a process is the history of its answers. A function that waits cannot be copied, but what the real code asks after a
 * given history, or how it ends, has to be found out only once: it is run again from the start on the answers recorded, up to
 * the first question without one. Each history is a node of this tree.
 */
export interface Processes {
  /** The node of a script that has not begun. */
  root(name: string, script: Script): number;
  /** Operation that the node waits for, -1 where it asks nothing more. */
  opOf(node: number): number;
  /** How the script ended (see `ending`), -1 while it runs. It may end and still have something asked in the background. */
  endOf(node: number): number;
  /** The node after an answer, or -1 where nobody has found out yet: `explore` does. */
  child(node: number, answer: number): number;
  /** Runs the real code for every child that was asked for in vain. */
  explore(): Promise<void>;
  /** The node that a process ends in for good: the same one for all histories with the same end. */
  ended(ending: number): number;
  ending(node: number): string | null;
  readonly size: number;
}

interface Origin {
  readonly script: Script;
  readonly answers: readonly number[];
}

export function createProcesses(ops: Interner<Op>, answers: Interner<Answer>): Processes {
  const opAt: number[] = [-1];
  const endAt: number[] = [-1];
  const children: (Map<number, number> | null)[] = [null];
  const origins: (Origin | null)[] = [null];
  const endings: string[] = [];
  const ends = new Map<number, number>();
  const roots = new Map<string, number>();
  let wanted: { readonly node: number; readonly answer: number }[] = [];

  const add = (op: number, end: number, origin: Origin | null): number => {
    opAt.push(op);
    endAt.push(end);
    children.push(null);
    origins.push(origin);
    return opAt.length - 1;
  };
  const endingId = (text: string): number => {
    const known = endings.indexOf(text);
    return known === -1 ? endings.push(text) - 1 : known;
  };
  const ended = (ending: number): number => {
    const known = ends.get(ending);
    if (known !== undefined) return known;
    const node = add(-1, ending, null);
    ends.set(ending, node);
    return node;
  };
  const find = async (script: Script, history: readonly number[]): Promise<number> => {
    const { op, end } = await run(script, history.map(answers.value));
    const ending = end === null ? -1 : endingId(end);
    if (op === null && ending === -1)
      throw new Error('a process neither asks nor ends: it waits for something that no port gives');
    return op === null ? ended(ending) : add(ops.id(op), ending, { script, answers: history });
  };

  return {
    root: (name, script) => {
      const known = roots.get(name);
      if (known !== undefined) return known;
      // Its first question is found out like any other: by running it.
      const node = add(-1, -1, { script, answers: [] });
      roots.set(name, node);
      return node;
    },
    opOf: (node) => opAt[node] ?? -1,
    endOf: (node) => endAt[node] ?? -1,
    child: (node, answer) => {
      const known = children[node]?.get(answer);
      if (known !== undefined) return known;
      wanted.push({ node, answer });
      return -1;
    },
    explore: async () => {
      const open = wanted;
      wanted = [];
      for (const { node, answer } of open) {
        const origin = origins[node];
        if (origin === null || origin === undefined || children[node]?.has(answer) === true) continue;
        const child = await find(origin.script, answer === BEGIN ? [] : [...origin.answers, answer]);
        const map = children[node] ?? new Map<number, number>();
        children[node] = map;
        map.set(answer, child);
      }
    },
    ended,
    ending: (node) => endings[endAt[node] ?? -1] ?? null,
    get size() {
      return opAt.length;
    },
  };
}

/** The answer that takes a process from its root to its first question. */
export const BEGIN = -1;

/** The real code on recorded answers: its first question without one, and its end where it came to it. */
async function run(
  script: Script,
  history: readonly Answer[],
): Promise<{ readonly op: Op | null; readonly end: string | null }> {
  let asked = 0;
  let open: Op | null = null;
  let end: string | null = null;
  const call: Call = (op) => {
    const answer = history[asked++];
    if (answer !== undefined) return Promise.resolve(answer);
    open ??= op;
    return new Promise(() => {});
  };
  script(call).then(
    (result) => (end = result),
    (error: unknown) => (end = error instanceof Error ? error.name : String(error)),
  );
  // Everything that can go on without an answer has gone on once the queue of microtasks is empty.
  await new Promise((resolve) => setImmediate(resolve));
  return { op: open, end };
}
