import { encodeItem } from '../../src/domain/mapping/items/encode.ts';
import type { Item } from '../../src/domain/item.ts';
import { isTombstone, keyOfItem, versionOfItem } from '../../src/domain/mapping/items/read-system-attributes.ts';
import { BEGIN, type Script } from './actors/process.ts';
import { GENERATION, THING } from './model/rows.ts';
import type { Control } from './model/control-model.ts';
import { generationOf } from '../../src/domain/versions.ts';
import type { Source } from './model/source-state.ts';
import { itemText, nameOf, type Target } from './model/target-model.ts';
import type { StateSpace } from './state-space.ts';

/** Relay and sweeper come round every minute: after so many rounds nothing may be left to them. */
const ROUNDS = 6;
/** No script asks more than this when nothing goes wrong. */
const STEPS = 200;

export interface Invariants {
  /** What is wrong once relay and sweeper have had their time, null where nothing is. Undefined: the real code has to be run first. */
  verdict(state: Uint32Array): Promise<string | null> | string | null;
}

/** Checks states at rest: the closing scripts run without a fault until nothing changes any more, then both stores are compared. */
export function createInvariants(
  space: StateSpace,
  closing: readonly Script[],
  compare: Compare = compareStores,
): Invariants {
  const verdicts = new Map<string, string | null>();
  const settle = async (state: Uint32Array): Promise<string | null> => {
    const stores = state.slice(0, 3);
    for (let round = 0; round < ROUNDS; round++) {
      const before = stores.join(' ');
      for (const [at, script] of closing.entries()) {
        const failed = await runThrough(space, `closing ${at}`, script, stores);
        if (failed !== null) return failed;
      }
      if (stores.join(' ') === before)
        return compare(
          space.source.states.value(stores[0] ?? 0),
          space.target.states.value(stores[1] ?? 0),
          space.control.states.value(stores[2] ?? 0),
        );
    }
    return `UNSETTLED: ${ROUNDS} rounds of relay and sweeper, and still no rest`;
  };
  const compareAtRest = (state: Uint32Array): Promise<string | null> | string | null => {
    const key = `${state[0]} ${state[1]} ${state[2]}`;
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    return settle(state).then((verdict) => {
      verdicts.set(key, verdict);
      return verdict;
    });
  };
  return {
    verdict: (state) => outcomes(space, state) ?? compareAtRest(state),
  };
}

export type Compare = (source: Source, target: Target, control: Control) => string | null;

/** What the writers were told against what PostgreSQL says. */
function outcomes(space: StateSpace, state: Uint32Array): string | null {
  const { committed } = space.source.states.value(state[0] ?? 0).now;
  for (const [at, ending] of space.endings(state).entries()) {
    const name = space.specs[at]?.name ?? '';
    if (ending === 'acknowledged' && !committed.includes(name))
      return `ACKNOWLEDGED WRITE LOST: ${name} is not in PostgreSQL`;
    if (ending === 'written to DynamoDB' && !holds(space.target.states.value(state[1] ?? 0), name))
      return `ACKNOWLEDGED WRITE LOST: ${name} is not in DynamoDB`;
    if (ending !== null && REFUSED.has(ending) && committed.includes(name))
      return `HALF THERE: ${name} was told ${ending}, but took effect`;
  }
  return null;
}

/** A complete-mode write is there, or another one that came after it. */
function holds({ items }: Target, name: string): boolean {
  return Object.values(items).some(
    (item) => valueOf(item) === name || generationOf(versionOfItem(item) ?? 0) > GENERATION + 1,
  );
}

/** Ends by which a caller knows that nothing was written. */
const REFUSED: ReadonlySet<string> = new Set([
  'VersionRefused',
  'DeadlineExceeded',
  'Throttled',
  'SourceUnavailable',
  'WritesStopped',
]);

async function runThrough(
  space: StateSpace,
  name: string,
  script: Script,
  stores: Uint32Array,
): Promise<string | null> {
  const { processes, source, target, control } = space;
  const advance = async (node: number, answer: number): Promise<number> => {
    const child = processes.child(node, answer);
    if (child !== -1) return child;
    await processes.explore();
    return processes.child(node, answer);
  };
  let node = await advance(processes.root(name, script), BEGIN);
  for (let steps = 0; steps < STEPS; steps++) {
    const op = processes.opOf(node);
    if (op === -1) return null;
    const { on } = space.ops.value(op);
    const kind = on === 'source' ? 0 : on === 'target' ? 1 : 2;
    const transitions = kind === 0 ? source : kind === 1 ? target : control;
    const [step] = transitions.ask(stores[kind] ?? 0, op);
    if (step === undefined) return `UNSETTLED: ${name} waits for ever at ${space.ops.value(op).do}`;
    stores[kind] = step.next;
    node = await advance(node, step.answer);
  }
  return `UNSETTLED: ${name} comes to no end`;
}

/** Both stores hold the same, and nothing is left to be done; what was written after `complete` is DynamoDB's alone. */
export function compareStores(source: Source, target: Target, { state }: Control): string | null {
  const { now } = source;
  const wanted = new Map<string, Item>();
  for (const image of Object.values(now.rows))
    for (const item of encodeItem(THING, image, { version: 0, txn: null, at: '' }))
      wanted.set(nameOf(keyOfItem(item)), item);
  for (const name of new Set([...wanted.keys(), ...Object.keys(target.items)])) {
    const [row, item] = [wanted.get(name), target.items[name]];
    if (state.mode === 'complete' && generationOf(versionOfItem(item) ?? 0) >= state.generation) continue;
    const found = compareItem(now.committed, row ?? null, item === undefined || isTombstone(item) ? null : item);
    if (found !== null)
      return `${found}: PostgreSQL has ${row === undefined ? 'nothing' : shown(row)}, DynamoDB ${item === undefined ? 'nothing' : itemText(item)}`;
  }
  const left = now.log.find(({ state }) => state !== 'done');
  if (left !== undefined) return `UNSETTLED: change ${left.seq} is ${left.state === 'open' ? 'not relayed' : 'parked'}`;
  const [intent] = Object.keys(target.intents);
  return intent === undefined ? null : `UNSETTLED: the intent of ${intent} is still there`;
}

function compareItem(committed: readonly string[], row: Item | null, item: Item | null): string | null {
  if (row === null && item === null) return null;
  if (row !== null && item !== null && content(row) === content(item)) return null;
  const value = valueOf(item);
  if (value !== null && value !== 'init' && !committed.includes(value)) return 'ABORTED WRITE VISIBLE';
  if (row === null) return 'RESURRECTED';
  return valueOf(row) === 'init' ? 'ROW LOST' : 'ACKNOWLEDGED WRITE LOST';
}

function valueOf(item: Item | null): string | null {
  const value = item?.['value'];
  return value !== undefined && 'S' in value ? value.S : null;
}

function content(item: Item): string {
  return JSON.stringify(
    Object.entries(item)
      .filter(([name]) => !['_v', '_t', '_at'].includes(name))
      .sort(),
  );
}

function shown(item: Item): string {
  return `${nameOf(keyOfItem(item))} = ${valueOf(item) ?? 'claim'}`;
}
