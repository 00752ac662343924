import type { Item, ItemKey } from '../../../src/domain/item.ts';
import type { Intent } from '../../../src/domain/ports/table.ts';
import {
  isTombstone,
  keyOfItem,
  versionOfItem,
  writerOfItem,
} from '../../../src/domain/mapping/items/read-system-attributes.ts';
import type { Answer, SeenPut, Step, TargetOp, TargetWrite } from './operation.ts';
import { bodyText } from './rows.ts';

/** DynamoDB and S3. */
export interface Target {
  readonly items: Readonly<Record<string, Item>>;
  readonly intents: Readonly<Record<string, Intent>>;
  readonly bodies: readonly string[];
  /** Requests that are still under way: each may land, or not. */
  readonly flying: readonly TargetWrite[];
  /** Tokens of transactions that met contention, and of those that took effect, where they are remembered. */
  readonly cancelled: readonly string[];
  readonly taken: readonly string[];
}

export interface TargetOptions {
  /** Requests that may be under way behind their sender's back at once. */
  readonly late: number;
  /** Answers may be lost; then the request is still under way, as far as `late` allows. */
  readonly losses: boolean;
  /** A request that was answered may land once more (an SDK's repetition, its token forgotten). */
  readonly copies: boolean;
  /** TransactWriteItems may meet contention. */
  readonly conflicts: boolean;
  /** DynamoDB knows a token again, and repeats its answer only. False: it has forgotten it, as after ten minutes. */
  readonly tokens: boolean;
  /** `newer` on puts and transactions. */
  readonly newer: boolean;
  /** Rule c's condition on repairs. */
  readonly asSeen: boolean;
  /** Loads insert only where nothing stands. */
  readonly absent: boolean;
  /** Deletions leave a tombstone. */
  readonly tombstones: boolean;
  /** Tombstones may expire before `complete` (RACE-68). */
  readonly expiry: boolean;
  /** Dual writes leave an intent. */
  readonly intents: boolean;
}

export const EMPTY: Target = { items: {}, intents: {}, bodies: [], flying: [], cancelled: [], taken: [] };

const DEADLINE: Answer = { kind: 'failed', why: 'deadline' };
const DOUBT: Answer = { kind: 'failed', why: 'doubt' };

export function askTarget(target: Target, op: TargetOp, options: TargetOptions): readonly Step<Target>[] {
  switch (op.do) {
    case 'get':
      return told(target, { kind: 'items', items: op.keys.flatMap((key) => itemAt(target, key)) });
    case 'scan':
      return told(target, { kind: 'items', items: Object.values(target.items) });
    case 'intent':
      return told(target, { kind: 'intent', intent: target.intents[op.txn] ?? null });
    case 'intents':
      return told(target, { kind: 'intents', intents: Object.values(target.intents) });
    case 'bodySize':
      return told(target, { kind: 'size', size: target.bodies.includes(op.hash) ? bodyText(op.hash).length : null });
    case 'putBody':
      return told({ ...target, bodies: [...new Set([...target.bodies, op.hash])].sort() }, { kind: 'done' });
    case 'forget': {
      const intents = Object.fromEntries(Object.entries(target.intents).filter(([txn]) => txn !== op.txn));
      return told({ ...target, intents }, { kind: 'done' });
    }
    default:
      return written(target, op, options);
  }
}

/** What becomes of requests whose senders have stopped waiting. */
export function targetEvents(target: Target, options: TargetOptions): readonly Step<Target>[] {
  const steps = target.flying.map((op, at): Step<Target> => {
    const rest = { ...target, flying: target.flying.filter((_, other) => other !== at) };
    const { next, flaw } = land(rest, op, options);
    return {
      next: cleared(next, options),
      answer: null,
      how: `LATE: ${writeText(op)} lands`,
      ...(flaw === undefined ? {} : { flaw }),
    };
  });
  if (!options.expiry) return steps;
  for (const [name, item] of Object.entries(target.items)) {
    if (!isTombstone(item)) continue;
    const items = Object.fromEntries(Object.entries(target.items).filter(([other]) => other !== name));
    steps.push({ next: { ...target, items }, answer: null, how: `TTL removes the tombstone of ${name}` });
  }
  return steps;
}

/** A request that its sender will hear no more of is under way. */
export function launched(target: Target, op: TargetWrite, options: TargetOptions): Target | null {
  if (target.flying.length >= options.late) return null;
  const flying = [...target.flying, op].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  const next = cleared({ ...target, flying }, options);
  return next.flying.length === target.flying.length ? null : next;
}

export function isWrite(op: TargetOp): op is TargetWrite {
  return !['get', 'scan', 'intent', 'intents', 'bodySize', 'putBody', 'forget'].includes(op.do);
}

function told(next: Target, answer: Answer): readonly Step<Target>[] {
  return [{ next, answer, how: '' }];
}

function written(target: Target, op: TargetWrite, options: TargetOptions): readonly Step<Target>[] {
  if (op.do === 'transact' && target.cancelled.includes(op.token))
    return [
      {
        next: target,
        answer: { kind: 'failed', why: 'refused' },
        how: 'refused',
        flaw: 'FAILS FOR TEN MINUTES: the token of an attempt that was cancelled',
      },
    ];
  const landed = land(target, op, options);
  const next = cleared(landed.next, options);
  const flaw = landed.flaw === undefined ? {} : { flaw: landed.flaw };
  const steps: Step<Target>[] = [{ next, answer: landed.answer, how: resultOf(landed.answer), ...flaw }];
  if (options.copies) {
    const copied = launched(next, op, options);
    if (copied !== null)
      steps.push({
        next: copied,
        answer: landed.answer,
        how: `${resultOf(landed.answer)}, a copy is under way`,
        ...flaw,
      });
  }
  if (op.do === 'transact' && options.conflicts)
    steps.push({
      next: { ...target, cancelled: [...target.cancelled, op.token].sort() },
      answer: { kind: 'transact', outcome: { kind: 'conflict' } },
      how: 'conflict',
    });
  if (!options.losses) return steps;
  const late = launched(target, op, options);
  // Where it could never take effect, losing it is all that can happen.
  const doubt = op.do === 'transact' ? DOUBT : DEADLINE;
  steps.push({
    next: late ?? target,
    answer: doubt,
    how: late === null ? 'no answer comes, it is lost' : 'no answer comes, it is still under way',
  });
  if (late === null) steps.push({ next, answer: doubt, how: 'no answer comes, it has landed', ...flaw });
  return steps;
}

interface Landed {
  readonly next: Target;
  readonly answer: Answer;
  readonly flaw?: string;
}

function land(target: Target, op: TargetWrite, options: TargetOptions): Landed {
  switch (op.do) {
    case 'insertAbsent': {
      const outcomes = op.items.map((item) =>
        options.absent && target.items[nameOf(keyOfItem(item))] !== undefined
          ? ('present' as const)
          : ('inserted' as const),
      );
      const inserted = op.items.filter((_, at) => outcomes[at] === 'inserted');
      return { ...store(target, inserted, options), answer: { kind: 'inserted', outcomes } };
    }
    case 'putNewer': {
      const present = target.items[nameOf(keyOfItem(op.item))];
      if (!isNewer(present, op.item, options) && present !== undefined)
        return { next: target, answer: { kind: 'put', outcome: { kind: 'refused', present } } };
      return { ...store(target, [op.item], options), answer: PUT };
    }
    case 'putIfSeen': {
      const present = target.items[nameOf(keyOfItem(op.item))];
      if (options.asSeen && !isAsSeen(present, op)) return { next: target, answer: refusedPut(present) };
      return { ...store(target, [op.item], options), answer: PUT };
    }
    case 'putAllIfSeen': {
      const overtaken = op.puts.find((put) => !isAsSeen(target.items[nameOf(keyOfItem(put.item))], put));
      if (overtaken !== undefined) return { next: target, answer: refusedPut(undefined) };
      return {
        ...store(
          target,
          op.puts.map(({ item }) => item),
          options,
        ),
        answer: PUT,
      };
    }
    case 'transact': {
      const written: Answer = { kind: 'transact', outcome: { kind: 'written' } };
      if (options.tokens && target.taken.includes(op.token)) return { next: target, answer: written };
      const present = op.items.map((item) => {
        const there = target.items[nameOf(keyOfItem(item))];
        return isNewer(there, item, options) ? null : (there ?? null);
      });
      if (present.some((item) => item !== null))
        return { next: target, answer: { kind: 'transact', outcome: { kind: 'refused', present } } };
      const stored = store(target, op.items, options);
      const { intent } = op;
      const intents =
        intent === null || !options.intents ? target.intents : sorted({ ...target.intents, [intent.txn]: intent });
      const taken = options.tokens ? [...target.taken, op.token].sort() : target.taken;
      return { ...stored, next: { ...stored.next, intents, taken }, answer: written };
    }
  }
}

const PUT: Answer = { kind: 'put', outcome: { kind: 'written' } };

function refusedPut(present: Item | undefined): Answer {
  return { kind: 'put', outcome: { kind: 'refused', present: present ?? {} } };
}

function store(
  target: Target,
  items: readonly Item[],
  options: TargetOptions,
): { readonly next: Target; readonly flaw?: string } {
  const kept: Record<string, Item> = { ...target.items };
  let flaw: string | undefined;
  for (const item of items) {
    const name = nameOf(keyOfItem(item));
    const [before, after] = [versionOfItem(kept[name]), versionOfItem(item)];
    if (before !== null && (after === null || after < before))
      flaw = `VERSION FELL: ${name} from ${before} to ${after ?? 'none'}`;
    if (!options.tombstones && isTombstone(item)) delete kept[name];
    else kept[name] = item;
    const body = bodyOf(item);
    if (body !== null && !target.bodies.includes(body)) flaw ??= `POINTER WITHOUT A BODY: ${name}`;
  }
  return { next: { ...target, items: sorted(kept) }, ...(flaw === undefined ? {} : { flaw }) };
}

/** The hash in an item's pointer. */
function bodyOf(item: Item): string | null {
  const pointer = item['bodyKey'];
  return pointer !== undefined && 'S' in pointer ? (pointer.S.split('/').at(-1) ?? null) : null;
}

function isNewer(present: Item | undefined, item: Item, { newer }: TargetOptions): boolean {
  const there = versionOfItem(present);
  const ours = versionOfItem(item);
  return !newer || there === null || (ours !== null && there < ours);
}

function isAsSeen(present: Item | undefined, { version, txn }: Omit<SeenPut, 'item'>): boolean {
  return versionOfItem(present) === version && writerOfItem(present) === txn;
}

/** Without what can never take effect again: versions do not fall, so a condition that failed for being old stays failed. */
function cleared(target: Target, options: TargetOptions): Target {
  if (target.flying.length === 0 || !options.tombstones || options.expiry) return target;
  const flying = target.flying.filter((op) => !isSpent(target, op, options));
  return flying.length === target.flying.length ? target : { ...target, flying };
}

function isSpent(target: Target, op: TargetWrite, options: TargetOptions): boolean {
  const at = (item: Item): Item | undefined => target.items[nameOf(keyOfItem(item))];
  switch (op.do) {
    case 'insertAbsent':
      return options.absent && op.items.every((item) => at(item) !== undefined);
    case 'putNewer':
      return options.newer && !isNewer(at(op.item), op.item, options);
    case 'transact':
      if (options.tokens && target.taken.includes(op.token)) return true;
      return options.newer && op.items.some((item) => !isNewer(at(item), item, options));
    case 'putIfSeen': {
      const present = at(op.item);
      const version = versionOfItem(present);
      if (!options.asSeen || version === null) return false;
      if (op.version === null || version > op.version) return true;
      // At the same version a writer's name goes, and never comes.
      return version === op.version && op.txn !== null && writerOfItem(present) === null;
    }
    default:
      return false;
  }
}

function itemAt(target: Target, key: ItemKey): readonly Item[] {
  const item = target.items[nameOf(key)];
  return item === undefined ? [] : [item];
}

export function nameOf({ PK, SK }: ItemKey): string {
  return `${PK} ${SK}`;
}

function resultOf(answer: Answer): string {
  if (answer.kind === 'put' || answer.kind === 'transact') return answer.outcome.kind;
  return answer.kind === 'inserted' ? answer.outcomes.join(', ') : '';
}

export function writeText(op: TargetWrite): string {
  switch (op.do) {
    case 'transact':
      return `TransactWriteItems of ${op.intent?.txn ?? op.token}`;
    case 'insertAbsent':
      return `INSERT of ${op.items.map(itemText).join(', ')}`;
    case 'putAllIfSeen':
      return `repair of ${op.puts.map(({ item }) => itemText(item)).join(', ')}`;
    case 'putIfSeen':
      return `repair of ${itemText(op.item)}`;
    case 'putNewer':
      return `put of ${itemText(op.item)}`;
  }
}

export function itemText(item: Item): string {
  const { value, _v } = item;
  const text = isTombstone(item) ? 'tombstone' : value !== undefined && 'S' in value ? value.S : 'claim';
  return `${nameOf(keyOfItem(item))} = ${text} v=${_v !== undefined && 'N' in _v ? versionText(Number(_v.N)) : 'none'}`;
}

function versionText(version: number): string {
  return `g${Math.floor(version / 1e12)}+${version % 1e12}`;
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));
}
