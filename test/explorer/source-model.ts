import type { Change } from '../../src/domain/ports/source.ts';
import { type BodyRef, type ImageValue, isBodyRef, type RowImage } from '../../src/domain/row.ts';
import type { Answer, SourceOp, Step } from './operation.ts';
import { bodyText, GENERATION, oldKeyOf, TABLE } from './rows.ts';

export interface LogRow {
  readonly seq: number;
  readonly xid: number;
  readonly txn: string | null;
  readonly pk: string;
  readonly oldKey: RowImage | null;
  readonly row: RowImage | null;
  readonly state: 'open' | 'done' | 'parked';
}

type Rows = Readonly<Record<string, RowImage>>;

/** What everybody sees of PostgreSQL. */
export interface Db {
  readonly rows: Rows;
  readonly log: readonly LogRow[];
  /** Transactions that took effect, in the order of their commits: names, and numbers. */
  readonly committed: readonly string[];
  readonly xids: readonly number[];
  readonly seq: number;
  readonly xid: number;
  readonly captured: boolean;
  readonly fenced: boolean;
  /** In which marks count. */
  readonly generation: number;
}

export interface Tx {
  readonly name: string;
  readonly xid: number;
  readonly rows: Readonly<Record<string, RowImage | null>>;
  readonly log: readonly LogRow[];
  readonly marks: readonly number[];
  /** COMMIT was sent, and nobody knows what came of it. */
  readonly doubt: boolean;
}

export interface Source {
  readonly now: Db;
  /** What a crash would leave; null once no crash is to come any more. */
  readonly durable: Db | null;
  readonly open: readonly Tx[];
  readonly crashes: number;
  /** Changes with each restart (`Changelog.life`). */
  readonly life: number;
  /** What a restore brings back. */
  readonly snapshot: Db | null;
}

export interface SourceOptions {
  /** Rule a: a flush makes durable what was committed and numbered before. */
  readonly flushes: boolean;
  /** The server ends transactions of clients that it does not hear of. */
  readonly timeouts: boolean;
  /** The trigger notes the old row's key. */
  readonly oldKeys: boolean;
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

export function newSource(rows: Rows, crashes: number, captured = true, snapshot = false): Source {
  const now: Db = {
    rows,
    log: [],
    committed: [],
    xids: [],
    seq: 0,
    xid: 0,
    captured,
    fenced: false,
    generation: GENERATION,
  };
  return { now, durable: crashes > 0 ? now : null, open: [], crashes, life: 1, snapshot: snapshot ? now : null };
}

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
        { next: options.flushes ? flushed(source) : source, answer: { kind: 'life', life: source.life }, how: '' },
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
      return [{ next: source, answer: read(source, op), how: '' }];
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
      life: source.life + 1,
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
  const holder = op.row === null ? null : holderOf(source, op.tx, op.pk, op.row['name'] ?? null);
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
      oldKey: oldRow === null || !options.oldKeys ? null : oldKeyOf(oldRow),
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

/** Who else has a name: a unique index waits for writers that may still give it up, or may have taken it. */
function holderOf(source: Source, tx: string, pk: string, name: ImageValue): 'open' | 'committed' | null {
  if (name === null) return null;
  const others = source.open.filter((other) => other.name !== tx);
  const own = source.open.find((other) => other.name === tx)?.rows ?? {};
  const [holder] =
    Object.entries({ ...source.now.rows, ...own }).find(([other, row]) => other !== pk && row?.['name'] === name) ?? [];
  const waits = others.some(({ rows }) =>
    Object.entries(rows).some(([other, row]) => other !== pk && (other === holder || row?.['name'] === name)),
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
  return flushed({ ...source, now, open: [], life: source.life + 1 });
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

function read(source: Source, op: SourceOp): Answer {
  const { now, open } = source;
  const newest = (pk: string): number =>
    now.log.reduce((seq, row) => (row.pk === pk && row.seq > seq ? row.seq : seq), 0);
  const rowOf = (pk: string, image: RowImage) => ({ identity: [pk], image, seq: newest(pk) });
  const pending = now.log.filter(({ state }) => state === 'open');
  switch (op.do) {
    case 'life':
      return { kind: 'life', life: source.life };
    case 'pending':
      return { kind: 'changes', changes: pending.slice(0, op.limit).map(toChange) };
    case 'backlog':
      return {
        kind: 'backlog',
        pending: pending.length,
        parked: now.log.filter(({ state }) => state === 'parked').length,
        openWriters: open.length,
      };
    case 'status':
      return { kind: 'status', status: statusOf(source, Number(op.xid)) };
    case 'current':
      return {
        kind: 'current',
        rows: op.pks.map((pk) => ({ identity: [pk], seq: newest(pk), image: now.rows[pk] ?? null })),
      };
    case 'rows':
      return {
        kind: 'rows',
        rows: op.pks.flatMap((pk) => {
          const image = now.rows[pk];
          return image === undefined ? [] : [rowOf(pk, image)];
        }),
      };
    case 'page':
      return {
        kind: 'rows',
        rows: Object.entries(now.rows)
          .filter(([pk]) => op.after === null || pk > op.after)
          .slice(0, op.limit)
          .map(([pk, image]) => rowOf(pk, image)),
      };
    case 'bodies':
      return { kind: 'bodies', bodies: bodiesOf(source, op.tx, op.pks) };
    case 'openWriters':
      return { kind: 'writers', writers: open.map(writerOf) };
    default:
      throw new TypeError(`${op.do} is no question`);
  }
}

function writerOf({ name, xid }: Tx): string {
  return `${name}/${xid}`;
}

function statusOf({ now, open }: Source, xid: number) {
  if (xid > now.xid) return 'future' as const;
  if (open.some((tx) => tx.xid === xid)) return 'in progress' as const;
  return now.xids.includes(xid) ? ('committed' as const) : ('aborted' as const);
}

function bodiesOf({ now, open }: Source, name: string | null, pks: readonly string[]): (readonly [string, string])[] {
  const own = open.find((tx) => tx.name === name)?.rows ?? {};
  return pks.flatMap((pk): (readonly [string, string])[] => {
    const row = own[pk] === undefined ? now.rows[pk] : own[pk];
    const bodies = Object.values(row ?? {}).filter((value): value is BodyRef => isBodyRef(value));
    return bodies.map(({ sha256 }) => [pk, bodyText(sha256)]);
  });
}

function toChange({ seq, xid, txn, pk, oldKey, row }: LogRow): Change {
  return { seq, xid: String(xid), txn, relation: TABLE, pk: [pk], oldKey, row };
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));
}
