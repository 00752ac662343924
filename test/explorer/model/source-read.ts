import type { Change } from '../../../src/domain/ports/source.ts';
import { type BodyRef, isBodyRef, type RowImage } from '../../../src/domain/row.ts';
import type { Answer, SourceOp } from './operation.ts';
import { bodyText, TABLE } from './rows.ts';
import type { LogRow, Source, Tx } from './source-state.ts';

/** What PostgreSQL answers to a question that changes nothing. */
export function readSource(source: Source, op: SourceOp): Answer {
  const { now, open } = source;
  const newest = (pk: string): number =>
    now.log.reduce((seq, row) => (row.pk === pk && row.seq > seq ? row.seq : seq), 0);
  const rowOf = (pk: string, image: RowImage) => ({ identity: [pk], image, seq: newest(pk) });
  const pending = now.log.filter(({ state }) => state === 'open');
  switch (op.do) {
    case 'incarnation':
      return { kind: 'incarnation', incarnation: source.incarnation };
    case 'pending':
      return { kind: 'changes', changes: pending.slice(0, op.limit).map(toChange) };
    case 'backlog':
      return {
        kind: 'backlog',
        pending: pending.length,
        oldest: pending[0]?.seq ?? null,
        newest: pending.at(-1)?.seq ?? null,
        parked: now.log.filter(({ state }) => state === 'parked').length,
        missed: 0,
        adopting: 0,
        carrying: 0,
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

/** How `openWriters` calls a transaction. */
export function writerOf({ name, xid }: Tx): string {
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

export function toChange({ seq, xid, txn, pk, oldKey, row }: LogRow): Change {
  return { seq, xid: String(xid), txn, relation: TABLE, pk: [pk], oldKey, row };
}
