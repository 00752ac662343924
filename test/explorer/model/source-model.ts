import type { ImageValue, RowImage } from '../../../src/domain/row.ts';
import type { Answer, SourceOp, Step } from './operation.ts';
import { claimOf, oldKeyOf } from './rows.ts';
import { readSource, toChange, writerOf } from './source-read.ts';
import type { Db, LogRow, Source, Tx } from './source-state.ts';

export interface SourceOptions {
  /** Rule a: a flush makes durable what was committed and numbered before. */
  readonly flushes: boolean;
  /** The server ends transactions of clients that it does not hear of. */
  readonly timeouts: boolean;
  /** The trigger notes the old row's key. */
  readonly oldKeys: boolean;
  /** The old row's key has the columns of conditions, which say whether it held its name. */
  readonly oldConditions: boolean;
  /** The trigger re-reads the row; otherwise it believes what it was given (RACE-57). */
  readonly rereads: boolean;
  /** Each key's newest changelog row is kept (RACE-69). */
  readonly keepsNewest: boolean;
  /** A mark counts in its own generation only. */
  readonly marksOfGeneration: boolean;
}

const DONE: Answer = { kind: 'done' };
const REFUSED: Answer = { kind: 'failed', why: 'refused' };
const LOST: Answer = { kind: 'failed', why: 'lost' };

/** Everything that may come of an operation; nothing while it has to wait for a lock. */
export function askSource(source: Source, op: SourceOp, options: SourceOptions): readonly Step<Source>[] {
  const { now } = source;
  switch (op.do) {
    case 'number':
      return [
        {
          next: { ...source, now: { ...now, seq: now.seq + 1 } },
          answer: { kind: 'count', count: now.seq + 1 },
          how: '',
        },
      ];
    case 'change':
      return change(source, op, options);
    case 'mark':
      return withTx(source, op.tx, (tx) => [
        isOfGeneration(now, op, options)
          ? { next: replaced(source, { ...tx, marks: [...tx.marks, ...op.seqs] }), answer: DONE, how: '' }
          : { next: source, answer: REFUSED, how: 'another generation has begun' },
      ]);
    case 'commit':
      return withTx(source, op.tx, (tx) => [
        { next: committed(source, tx, op.durable), answer: DONE, how: '' },
        {
          next: replaced(source, { ...tx, doubt: true }),
          answer: { kind: 'failed', why: 'doubt' },
          how: 'no answer comes',
        },
      ]);
    case 'rollback':
      return withTx(source, op.tx, (tx) => [{ next: without(source, tx), answer: DONE, how: '' }]);
    case 'flush':
      return [
        {
          next: options.flushes ? flushed(source) : source,
          answer: { kind: 'incarnation', incarnation: source.incarnation },
          how: '',
        },
      ];
    case 'markDone':
      return isOfGeneration(now, op, options)
        ? [{ next: settled(source, op.seqs, 'done'), answer: DONE, how: '' }]
        : [{ next: source, answer: REFUSED, how: 'another generation has begun' }];
    case 'park':
      return [{ next: settled(source, [op.seq], 'parked'), answer: DONE, how: '' }];
    case 'prune':
      return [{ next: pruned(source, options), answer: { kind: 'count', count: 0 }, how: '' }];
    case 'stillOpen':
      // Asked again and again until none is left.
      if (source.open.some((tx) => op.writers.includes(writerOf(tx)))) return [];
      return [{ next: source, answer: { kind: 'writers', writers: [] }, how: 'none is left' }];
    case 'capture':
      // Writers that were open before may have written other tables, or this one before its trigger was there.
      return [
        {
          next: everywhere(source, (db) => ({ ...db, captured: true, generation: op.generation })),
          answer: DONE,
          how: '',
        },
      ];
    case 'discharge':
      return [
        {
          next: flushed(
            settled(
              source,
              now.log.map(({ seq }) => seq),
              'done',
            ),
          ),
          answer: DONE,
          how: '',
        },
      ];
    case 'restore':
      return source.snapshot === null ? [] : [{ next: restored(source, source.snapshot), answer: DONE, how: '' }];
    case 'fence':
      if (source.open.length > 0) return [];
      return [{ next: everywhere(source, (db) => ({ ...db, fenced: true })), answer: DONE, how: '' }];
    case 'shown': {
      const isCommitted = ['init', 'nothing', ...now.committed].includes(op.value);
      return [
        {
          next: source,
          answer: DONE,
          how: '',
          ...(isCommitted ? {} : { flaw: `UNCOMMITTED VALUE SHOWN: ${op.value}` }),
        },
      ];
    }
    case 'unfence':
      return [{ next: everywhere(source, (db) => ({ ...db, fenced: false })), answer: DONE, how: '' }];
    default:
      return [{ next: source, answer: readSource(source, op), how: '' }];
  }
}

/** What PostgreSQL does unasked. */
export function sourceEvents(source: Source, options: SourceOptions): readonly Step<Source>[] {
  const steps: Step<Source>[] = [];
  for (const tx of source.open) {
    if (tx.doubt)
      steps.push({ next: committed(source, tx, true), answer: null, how: `COMMIT of ${tx.name} takes effect late` });
    if (tx.doubt || options.timeouts)
      steps.push({
        next: without(source, tx),
        answer: null,
        how: `PostgreSQL ends the transaction of ${tx.name}: ROLLBACK`,
      });
  }
  const { durable, crashes, now } = source;
  if (durable === null || crashes === 0) return steps;
  const crashed = (db: Db, how: string): Step<Source> => ({
    next: {
      ...source,
      now: db,
      durable: crashes > 1 ? db : null,
      open: [],
      crashes: crashes - 1,
      incarnation: source.incarnation + 1,
    },
    answer: null,
    how: `POSTGRES CRASHES and restarts, ${how}`,
  });
  steps.push(crashed(durable, `its numbers go on from ${durable.seq}, its xids from ${durable.xid}`));
  // Only a crash that takes something or somebody with it is worth looking at.
  if (now.seq !== durable.seq || now.committed.length !== durable.committed.length)
    steps.push(crashed(now, 'having flushed everything just before'));
  return steps;
}

function withTx(source: Source, name: string, work: (tx: Tx) => readonly Step<Source>[]): readonly Step<Source>[] {
  const tx = source.open.find((candidate) => candidate.name === name && !candidate.doubt);
  return tx === undefined ? [{ next: source, answer: LOST, how: 'the transaction is gone' }] : work(tx);
}

function change(
  source: Source,
  op: Extract<SourceOp, { do: 'change' }>,
  options: SourceOptions,
): readonly Step<Source>[] {
  const known = source.open.find(({ name }) => name === op.tx);
  if (known === undefined && !op.first) return [{ next: source, answer: LOST, how: 'the transaction is gone' }];
  if (source.open.some(({ name, rows }) => name !== op.tx && op.pk in rows)) return [];
  if (source.now.fenced) return [{ next: source, answer: REFUSED, how: 'the fence refuses it' }];
  const before = known?.rows[op.pk] === undefined ? (source.now.rows[op.pk] ?? null) : known.rows[op.pk];
  const holder = holderOf(source, op.tx, op.pk, claimOf(op.row));
  if (holder === 'open') return [];
  if (holder === 'committed') return [{ next: source, answer: REFUSED, how: 'the name is taken' }];
  let { now } = source;
  const xid = known?.xid ?? now.xid + 1;
  if (known === undefined) now = { ...now, xid };
  if ((before ?? null) === null && op.row === null) {
    const idle: Tx = known ?? { name: op.tx, xid, rows: {}, log: [], marks: [], doubt: false };
    return [
      {
        next: { ...source, now, open: withOne(source, idle) },
        answer: { kind: 'changes', changes: [] },
        how: 'no such row',
      },
    ];
  }
  const after = op.behind ?? op.row;
  const log: LogRow[] = [];
  const note = (oldRow: RowImage | null, row: RowImage | null, seq: number): void => {
    log.push({
      seq,
      xid,
      txn: op.txn,
      pk: op.pk,
      oldKey: oldRow === null || !options.oldKeys ? null : notedKey(oldRow, options),
      row,
      state: 'open',
    });
  };
  if (now.captured) {
    // The application's trigger runs first; its own change is noted before ours for the statement itself.
    if (op.behind !== null) {
      now = { ...now, seq: now.seq + 1 };
      note(op.row, op.behind, now.seq);
    }
    if (op.number === null) now = { ...now, seq: now.seq + 1 };
    note(before ?? null, options.rereads ? after : op.row, op.number ?? now.seq);
  }
  const tx: Tx = {
    name: op.tx,
    xid,
    rows: sorted({ ...known?.rows, [op.pk]: after }),
    log: [...(known?.log ?? []), ...log],
    marks: known?.marks ?? [],
    doubt: false,
  };
  const open = withOne(source, tx);
  const changes = log.map(toChange);
  return [
    {
      next: { ...source, now, open },
      answer: { kind: 'changes', changes },
      how: changes.map(({ seq }) => `number ${seq}`).join(', '),
    },
  ];
}

function notedKey(row: RowImage, { oldConditions }: SourceOptions): RowImage {
  return oldConditions ? oldKeyOf(row) : { ...oldKeyOf(row), gone: null };
}

/** Who else has a name: a unique index waits for writers that may still give it up, or may have taken it. */
function holderOf(source: Source, tx: string, pk: string, name: ImageValue): 'open' | 'committed' | null {
  if (name === null) return null;
  const others = source.open.filter((other) => other.name !== tx);
  const own = source.open.find((other) => other.name === tx)?.rows ?? {};
  const [holder] =
    Object.entries({ ...source.now.rows, ...own }).find(([other, row]) => other !== pk && claimOf(row) === name) ?? [];
  const waits = others.some(({ rows }) =>
    Object.entries(rows).some(([other, row]) => other !== pk && (other === holder || claimOf(row) === name)),
  );
  return waits ? 'open' : holder === undefined ? null : 'committed';
}

/** Marks of an older generation are refused (RACE-59). */
function isOfGeneration(
  { generation }: Db,
  op: { readonly generation: number },
  { marksOfGeneration }: SourceOptions,
): boolean {
  return !marksOfGeneration || op.generation === generation;
}

/** What was acknowledged since is given up knowingly: it stays on the list, for the writers' sake. */
function restored(source: Source, snapshot: Db): Source {
  const now = { ...snapshot, committed: source.now.committed };
  return flushed({ ...source, now, open: [], incarnation: source.incarnation + 1 });
}

function withOne(source: Source, tx: Tx): readonly Tx[] {
  return [...source.open.filter(({ name }) => name !== tx.name), tx].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
}

function committed(source: Source, tx: Tx, durable: boolean): Source {
  const rows: Record<string, RowImage> = { ...source.now.rows };
  for (const [pk, row] of Object.entries(tx.rows)) {
    if (row === null) delete rows[pk];
    else rows[pk] = row;
  }
  const log = tx.log.map((row): LogRow => (tx.marks.includes(row.seq) ? { ...row, state: 'done' } : row));
  const now: Db = {
    ...source.now,
    rows: sorted(rows),
    log: [...source.now.log, ...log].sort((one, other) => one.seq - other.seq),
    committed: [...source.now.committed, tx.name],
    xids: [...source.now.xids, tx.xid].sort((one, other) => one - other),
  };
  const next = { ...without(source, tx), now };
  return durable ? flushed(next) : next;
}

function flushed(source: Source): Source {
  return source.durable === null ? source : { ...source, durable: source.now };
}

function without(source: Source, tx: Tx): Source {
  return { ...source, open: source.open.filter((candidate) => candidate !== tx) };
}

function replaced(source: Source, tx: Tx): Source {
  return { ...source, open: source.open.map((candidate) => (candidate.name === tx.name ? tx : candidate)) };
}

/** DDL commits synchronously, and everything before it with it. */
function everywhere(source: Source, work: (db: Db) => Db): Source {
  return flushed({ ...source, now: work(source.now) });
}

function settled(source: Source, seqs: readonly number[], state: 'done' | 'parked'): Source {
  const log = source.now.log.map((row): LogRow => (seqs.includes(row.seq) ? { ...row, state } : row));
  return { ...source, now: { ...source.now, log } };
}

function pruned(source: Source, { keepsNewest }: SourceOptions): Source {
  const { log } = source.now;
  const kept = log.filter(
    ({ state, pk, seq }) =>
      state !== 'done' || (keepsNewest && !log.some((other) => other.pk === pk && other.seq > seq)),
  );
  return kept.length === log.length ? source : { ...source, now: { ...source.now, log: kept } };
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));
}
