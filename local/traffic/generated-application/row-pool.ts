import type { Values } from '../traffic-client.ts';
import { expectationsOf, ledgerKey } from '../ledger/expectation.ts';
import type { LedgerLine, LedgerWrite } from '../ledger/ledger.ts';
import { idOf } from '../ledger/canonical-row.ts';
import type { CanonicalRow } from '../ledger/canonical-row.ts';
import { columnOf } from './sql.ts';
import type { DatabaseProfile, ProfiledEntity } from './database-profile.ts';
import { valueOf } from './values.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

/** A row that a worker may write, with its last known content. */
export interface KnownRow {
  readonly entity: ProfiledEntity;
  readonly id: string;
  readonly row: CanonicalRow;
  /** False for rows that the traffic made: only those are ever deleted, so that no foreign key is left without its row. */
  readonly found: boolean;
}

/** The rows found in the database and those added since. Each belongs to one worker, and only this worker writes it. */
export interface RowPool {
  /** Rows of this worker that certainly exist. */
  own(worker: number, entity: ProfiledEntity): readonly KnownRow[];
  made(worker: number, entity: ProfiledEntity): readonly KnownRow[];
  owns(worker: number, entity: ProfiledEntity, id: string): boolean;
  /** True for rows that have not been written yet. */
  isNew(entity: ProfiledEntity, id: string): boolean;
  recordWrite(worker: number, known: KnownRow): void;
  /** Deleted, or the outcome of its last write is unknown: it is not written again. */
  retire(worker: number, known: KnownRow): void;
  /** A row's part of an attempt, for the ledger. */
  write(known: KnownRow, change: LedgerWrite['change']): LedgerWrite;
}

export function openRowPool({ entities }: DatabaseProfile, owners: number, earlier: readonly LedgerLine[]): RowPool {
  const rowsByWorker = new Map<string, Map<string, KnownRow>>();
  const seen = new Set<string>();
  const begun = new Set<string>();
  // Rows of an earlier process are only checked: its workers may have left any of them in doubt.
  for (const key of expectationsOf(earlier, () => ({})).keys()) seen.add(key);
  const rowsOf = (worker: number, { entity }: ProfiledEntity): Map<string, KnownRow> => {
    const name = `${worker}/${entity}`;
    const known = rowsByWorker.get(name) ?? new Map<string, KnownRow>();
    rowsByWorker.set(name, known);
    return known;
  };
  const ownerOf = (entity: ProfiledEntity, id: string): number => hash(`${entity.entity}/${id}`) % owners;
  for (const entity of entities) {
    for (const row of entity.rows) {
      const id = idOf(entity.identity, row);
      const key = ledgerKey({ entity: entity.entity, id });
      if (seen.has(key)) continue;
      seen.add(key);
      rowsOf(ownerOf(entity, id), entity).set(id, { entity, id, row: promised(entity, row), found: true });
    }
  }
  return {
    own: (worker, entity) => [...rowsOf(worker, entity).values()],
    made: (worker, entity) => [...rowsOf(worker, entity).values()].filter(({ found }) => !found),
    owns: (worker, entity, id) => ownerOf(entity, id) === worker,
    isNew: (entity, id) => !seen.has(ledgerKey({ entity: entity.entity, id })),
    recordWrite(worker, known) {
      seen.add(keyOf(known));
      rowsOf(worker, known.entity).set(known.id, known);
    },
    retire(worker, known) {
      seen.add(keyOf(known));
      rowsOf(worker, known.entity).delete(known.id);
    },
    write(known, change) {
      const key = keyOf(known);
      const write: LedgerWrite = { entity: known.entity.entity, id: known.id, change };
      if (!known.found || begun.has(key)) return write;
      begun.add(key);
      return { ...write, before: known.row };
    },
  };
}

/** The columns of a key as an application gives them to the client. */
export function clientKey({ entity, row }: KnownRow): Values {
  return Object.fromEntries(
    entity.key.map((name): [string, Values[string]] => [
      name,
      valueOf(columnOf(entity, name), ownProperty(row, name) ?? null),
    ]),
  );
}

function promised({ made }: ProfiledEntity, row: CanonicalRow): CanonicalRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !made.includes(name)));
}

function keyOf({ entity, id }: KnownRow): string {
  return ledgerKey({ entity: entity.entity, id });
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
