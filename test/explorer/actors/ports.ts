import { DeadlineExceeded, OutcomeUnknown, SourceUnavailable, WritesStopped } from '../../../src/domain/errors.ts';
import type { Bodies } from '../../../src/domain/ports/bodies.ts';
import type { Change, Changelog, RowSource } from '../../../src/domain/ports/source.ts';
import type { Intents, PutOutcome, Table } from '../../../src/domain/ports/table.ts';
import type { CapturedSource, CapturedTransaction } from '../../../src/domain/ports/captured-source.ts';
import { INITIAL_MODE } from '../../../src/domain/mode/modes.ts';
import type { ModeSource } from '../../../src/domain/ports/control.ts';
import type { Clock } from '../../../src/domain/ports/clock.ts';
import type { RowImage } from '../../../src/domain/row.ts';
import { AT } from '../model/rows.ts';
import type { Answer, Op } from '../model/operation.ts';
import type { Call } from './process.ts';

/** The domain's ports, each method one question to the stores of the model. */
export interface Ports {
  readonly changelog: Changelog;
  readonly rows: RowSource;
  readonly table: Table;
  readonly intents: Intents;
  readonly bodies: Bodies;
  readonly control: ModeSource;
  readonly clock: Clock;
}

/** The answer of the kind that the question has; a failure is thrown as the adapters do. */
export async function asked<K extends Answer['kind']>(
  call: Call,
  op: Op,
  kind: K,
): Promise<Extract<Answer, { kind: K }>> {
  const answer = await call(op);
  if (answer.kind === 'failed') throw failure(answer.why, op.do);
  if (!isOfKind(answer, kind)) throw new TypeError(`${op.do} was answered with ${answer.kind}`);
  return answer;
}

export function createPorts(call: Call): Ports {
  return {
    changelog: {
      pending: async (limit) => (await asked(call, { on: 'source', do: 'pending', limit }, 'changes')).changes,
      markDone: async (seqs, generation) =>
        void (await asked(call, { on: 'source', do: 'markDone', seqs, generation }, 'done')),
      park: async (seq) => void (await asked(call, { on: 'source', do: 'park', seq }, 'done')),
      backlog: () => asked(call, { on: 'source', do: 'backlog' }, 'backlog'),
      status: async (xid) => (await asked(call, { on: 'source', do: 'status', xid }, 'status')).status,
      incarnation: async () =>
        String((await asked(call, { on: 'source', do: 'incarnation' }, 'incarnation')).incarnation),
      flush: async (incarnation) => {
        const flushed = await asked(call, { on: 'source', do: 'flush' }, 'incarnation');
        if (incarnation !== undefined && incarnation !== String(flushed.incarnation))
          throw new SourceUnavailable({ operation: 'flush' });
      },
      prune: async () => (await asked(call, { on: 'source', do: 'prune' }, 'count')).count,
    },
    rows: rowsOf(call, null),
    table: tableOf(call),
    intents: {
      get: async (txn) => (await asked(call, { on: 'target', do: 'intent', txn }, 'intent')).intent,
      delete: async (txn) => void (await asked(call, { on: 'target', do: 'forget', txn }, 'done')),
      list: async () => (await asked(call, { on: 'target', do: 'intents' }, 'intents')).intents,
    },
    bodies: {
      put: async (_, { sha256 }) => void (await asked(call, { on: 'target', do: 'putBody', hash: sha256 }, 'done')),
      size: async (hash) => (await asked(call, { on: 'target', do: 'bodySize', hash }, 'size')).size,
      get: unasked('get'),
      head: unasked('head'),
      digest: unasked('digest'),
      list: unasked('list'),
    },
    // A repair asks for the mapping's revision only, and no scenario adds a column.
    control: { mode: () => Promise.resolve(INITIAL_MODE) },
    clock: clock(),
  };
}

/** Time passes by sleeping only; when a wait is over is the explorer's choice. */
function clock(): Clock {
  let time = 0;
  return {
    now: () => new Date(AT),
    monotonic: () => time,
    sleep: (ms) => {
      time += ms;
      return Promise.resolve();
    },
  };
}

function tableOf(call: Call): Table {
  const put = async (op: Op): Promise<PutOutcome> => (await asked(call, op, 'put')).outcome;
  return {
    insertAbsent: async (items) =>
      (await asked(call, { on: 'target', do: 'insertAbsent', items }, 'inserted')).outcomes,
    putNewer: (item) => put({ on: 'target', do: 'putNewer', item }),
    putIfSeen: (item, { version, txn }) => put({ on: 'target', do: 'putIfSeen', item, version, txn }),
    transact: async (items, intent, token) =>
      (await asked(call, { on: 'target', do: 'transact', items, intent, token }, 'transact')).outcome,
    get: async (keys) => (await asked(call, { on: 'target', do: 'get', keys }, 'items')).items,
    query: unasked('query'),
    scan: async () => {
      const { items } = await asked(call, { on: 'target', do: 'scan' }, 'items');
      return { items, next: null, scanned: items.length, rcu: 0 };
    },
  };
}

function only(identity: readonly string[]): string {
  return identity[0] ?? '';
}

function rowsOf(call: Call, tx: string | null): RowSource {
  return {
    page: async (_, { after }, limit) =>
      (await asked(call, { on: 'source', do: 'page', after: after === null ? null : only(after), limit }, 'rows')).rows,
    rows: async (_, identities) =>
      (await asked(call, { on: 'source', do: 'rows', pks: identities.map(only) }, 'rows')).rows,
    current: async (_, identities) =>
      (await asked(call, { on: 'source', do: 'current', pks: identities.map(only) }, 'current')).rows,
    bodies: async (_, identities) => {
      const { bodies } = await asked(call, { on: 'source', do: 'bodies', tx, pks: identities.map(only) }, 'bodies');
      return new Map(bodies.map(([pk, text]) => [JSON.stringify([pk]), new TextEncoder().encode(text)]));
    },
    body: unasked('body'),
    keys: unasked('keys'),
    stride: unasked('stride'),
    catalogue: unasked('catalogue'),
  };
}

/** One statement of an application. */
export interface Write {
  readonly pk: string;
  /** The row afterwards; null deletes it. */
  readonly row: RowImage | null;
  /** What a trigger of the application makes of it (RACE-57). */
  readonly behind?: RowImage;
}

export interface CapturedOptions {
  readonly name: string;
  /** Numbers are taken before the lock: only a broken trigger does that (RACE-15). */
  readonly numberFirst: boolean;
  /** The done mark is left out. */
  readonly unmarked: boolean;
  /** The mark is taken with the COMMIT, not before the target is written. */
  readonly marksLate: boolean;
  readonly generation: number;
}

/** A captured transaction, and the statements that are run in it. */
export function createCaptured(
  call: Call,
  { name, numberFirst, unmarked, marksLate, generation }: CapturedOptions,
): { readonly source: CapturedSource; readonly write: (write: Write) => Promise<void> } {
  const changes: Change[] = [];
  let txn: string | null = null;
  const write = async ({ pk, row, behind }: Write): Promise<void> => {
    const number = numberFirst ? (await asked(call, { on: 'source', do: 'number' }, 'count')).count : null;
    const first = changes.length === 0;
    const op = { on: 'source', do: 'change', tx: name, first, pk, row, txn, number, behind: behind ?? null } as const;
    changes.push(...(await asked(call, op, 'changes')).changes);
  };
  const late: number[] = [];
  const mark = async (seqs: readonly number[]): Promise<void> => {
    await asked(call, { on: 'source', do: 'mark', tx: name, seqs, generation }, 'done');
  };
  const source: CapturedSource = {
    begin: (uuid) => {
      txn = uuid;
      const tx: CapturedTransaction = {
        query: unasked('query'),
        run: unasked('run'),
        // The trigger has handed them over already, and nobody else can touch them.
        collect: () => Promise.resolve({ xid: changes[0]?.xid ?? null, count: changes.length, missed: 0, changes }),
        mark: async (seqs) => {
          if (marksLate) late.push(...seqs);
          else if (!unmarked) await mark(seqs);
        },
        commit: async () => {
          if (late.length > 0) await mark(late);
          await asked(call, { on: 'source', do: 'commit', tx: name, durable: true }, 'done');
        },
        rollback: async () => void (await asked(call, { on: 'source', do: 'rollback', tx: name }, 'done')),
        rows: rowsOf(call, name),
      };
      return Promise.resolve(tx);
    },
  };
  return { source, write };
}

function unasked(name: string): () => never {
  return () => {
    throw new TypeError(`the model has no ${name}`);
  };
}

function isOfKind<K extends Answer['kind']>(answer: Answer, kind: K): answer is Extract<Answer, { kind: K }> {
  return answer.kind === kind;
}

function failure(why: Extract<Answer, { kind: 'failed' }>['why'], operation: string): Error {
  switch (why) {
    case 'doubt':
      return new OutcomeUnknown({ operation, txn: null });
    case 'deadline':
      return new DeadlineExceeded({ operation, deadlineMs: 0 });
    case 'lost':
      return new SourceUnavailable({ operation });
    case 'refused':
      return new WritesStopped({ mode: operation });
  }
}
