import { rowsOf } from '../../../examples/campaigns/generator/rows.ts';
import type { Row, Rows } from '../../../examples/campaigns/generator/rows.ts';
import { sizeOf } from '../../../examples/campaigns/generator/size.ts';
import type { Size } from '../../../examples/campaigns/generator/size.ts';
import { ENTITIES } from '../ledger/columns.ts';
import type { EntityName } from '../ledger/columns.ts';
import { expectationsOf, ledgerKey } from '../ledger/expectation.ts';
import type { SeededRow } from '../ledger/expectation.ts';
import type { LedgerLine } from '../ledger/ledger.ts';
import { canonicalRow } from '../ledger/canonical-row.ts';
import type { CanonicalRow } from '../ledger/canonical-row.ts';

/** The application's knowledge of one of its rows. */
export interface KnownRow {
  readonly entity: EntityName;
  readonly id: string;
  readonly row: CanonicalRow;
  readonly seeded?: number;
}

/**
 * The seeded data, with the traffic's changes so far. Each row belongs to one worker, which alone
 * writes it.
 */
export interface CampaignRows {
  readonly size: Size;
  readonly rows: Rows;
  readonly seededRow: SeededRow;
  /** A seeded row's current state, or null when it is deleted or in doubt. */
  seeded(entity: EntityName, index: number): KnownRow | null;
  /** Rows that the worker created and that are still there. */
  created(worker: number, entity: EntityName): readonly KnownRow[];
  /** Records an acknowledged write. */
  recordWrite(worker: number, entry: KnownRow): void;
  /**
   * Excludes a row from further writes: it is deleted, or the outcome of its last write is unknown.
   */
  retire(worker: number, entity: EntityName, id: string): void;
}

/** `lines` is the ledger of an earlier process, whose writes are the starting point. */
export function openCampaignRows(seed: number, scale: number, lines: readonly LedgerLine[]): CampaignRows {
  const size = sizeOf(scale);
  const rows = rowsOf(seed, size, () => '');
  const raw: Readonly<Record<EntityName, (index: number) => Row & { readonly id: string }>> = {
    USER: rows.user,
    CAMPAIGN: rows.campaign,
    SESSION: rows.session,
    CHARACTER: rows.character,
  };
  const seededRow: SeededRow = (entity, index) => {
    const name = ENTITIES.find((known) => known === entity);
    return name === undefined ? {} : canonicalRow(name, raw[name](index));
  };
  const touched = new Map<string, CanonicalRow | null>();
  const created = new Map<string, Map<string, KnownRow>>();
  // Rows of an earlier process are not written again, only checked: its workers may have left any of them in doubt.
  for (const key of expectationsOf(lines, () => ({})).keys()) touched.set(key, null);

  const own = (worker: number, entity: EntityName): Map<string, KnownRow> => {
    const key = `${worker}/${entity}`;
    const known = created.get(key) ?? new Map<string, KnownRow>();
    created.set(key, known);
    return known;
  };

  return {
    size,
    rows,
    seededRow,
    seeded(entity, index) {
      const fresh = raw[entity](index);
      const row = touched.get(ledgerKey({ entity, id: fresh.id }));
      if (row === null) return null;
      return { entity, id: fresh.id, row: row ?? canonicalRow(entity, fresh), seeded: index };
    },
    created: (worker, entity) => [...own(worker, entity).values()],
    recordWrite(worker, entry) {
      if (entry.seeded === undefined) own(worker, entry.entity).set(entry.id, entry);
      else touched.set(ledgerKey(entry), entry.row);
    },
    retire(worker, entity, id) {
      own(worker, entity).delete(id);
      touched.set(ledgerKey({ entity, id }), null);
    },
  };
}

/** Every entity's number of rows at this size. */
export function countsOf(size: Size): Readonly<Record<EntityName, number>> {
  return {
    USER: size.users,
    CAMPAIGN: size.campaigns,
    SESSION: size.sessions,
    CHARACTER: size.characters,
  } satisfies Record<(typeof ENTITIES)[number], number>;
}
