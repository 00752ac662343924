import { ledgerKey } from './expectation.ts';
import type { Expectation } from './expectation.ts';
import { differences } from './canonical-row.ts';
import type { CanonicalRow } from './canonical-row.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

/** The ledger's rows as stored in the store that is the source of truth. */
export interface StoredRow {
  /** Live rows by `ENTITY/id`; several under one identity are an orphan beside the row. */
  readonly rows: ReadonlyMap<string, readonly CanonicalRow[]>;
}

export interface LostWrite {
  readonly key: string;
  readonly reason: string;
}

/** One entry per row whose content its acknowledged writes do not allow. A run is judged by this, not by the verification. */
export function findLostWrites(expectations: ReadonlyMap<string, Expectation>, found: StoredRow): readonly LostWrite[] {
  const lost: LostWrite[] = [];
  const claims = new Map<number, { readonly key: string; readonly done: boolean }[]>();
  for (const expectation of expectations.values()) {
    const key = ledgerKey(expectation);
    const rows = found.rows.get(key) ?? [];
    if (rows.length > 1) {
      lost.push({ key, reason: `${rows.length} live copies` });
      continue;
    }
    const row = rows[0] ?? null;
    const fitting = expectation.candidates.filter((candidate) => same(candidate.row, row));
    if (fitting.length === 0) lost.push({ key, reason: reasonOf(expectation, row) });
    const only = fitting.length === 1 ? fitting[0] : undefined;
    for (const [attempt, done] of Object.entries(only?.doubted ?? {})) {
      claims.set(Number(attempt), [...(claims.get(Number(attempt)) ?? []), { key, done }]);
    }
  }
  for (const [attempt, sides] of claims) {
    const done = sides.filter((side) => side.done);
    if (done.length > 0 && done.length < sides.length) {
      lost.push({ key: `attempt ${attempt}`, reason: `half done: ${done.map((side) => side.key).join(', ')} only` });
    }
  }
  return lost;
}

function same(expected: CanonicalRow | null, found: CanonicalRow | null): boolean {
  if (expected === null || found === null) return expected === found;
  return differences(expected, found).length === 0;
}

function reasonOf({ candidates }: Expectation, row: CanonicalRow | null): string {
  if (row === null) return 'missing';
  const expected = candidates.findLast((candidate) => candidate.row !== null)?.row;
  if (expected === undefined || expected === null) return 'deleted, but still there';
  const columns = differences(expected, row).map(
    (column) => `${column} is ${short(ownProperty(row, column))}, not ${short(ownProperty(expected, column))}`,
  );
  return columns.join('; ');
}

function short(value: string | null | undefined): string {
  const text = JSON.stringify(value ?? null);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
