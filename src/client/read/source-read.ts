import { selectPattern, selectRows } from '../../adapters/postgres/sql/select.ts';
import type { Mapping } from '../../domain/mapping/mapping.ts';
import { compareKeys, type PatternQuery, sortKey } from '../../domain/mapping/patterns/pattern-query.ts';
import type { Sql } from '../../domain/ports/source.ts';
import type { Identity } from '../../domain/row.ts';
import { entityNamed } from '../operation.ts';
import type { EntityRow, RowPage } from './row-page.ts';
import { ownProperty } from '../../domain/own-property.ts';

/** Rows by identity, from PostgreSQL. */
export async function rowsFromSource(
  sql: Sql,
  mapping: Mapping,
  entity: string,
  identities: readonly Identity[],
): Promise<readonly EntityRow[]> {
  return (await selectRows(sql, mapping, entity, identities)).map((image) => ({ entity, image }));
}

/** The same rows in the same order as PostgreSQL has them; without those that it no longer has. */
export async function asInSource(
  sql: Sql,
  mapping: Mapping,
  rows: readonly EntityRow[],
): Promise<readonly EntityRow[]> {
  const identity = ({ entity, image }: EntityRow): readonly string[] =>
    entityNamed(mapping, entity).identity.map((column) => String(ownProperty(image, column)));
  const text = (row: EntityRow): string => JSON.stringify([row.entity, identity(row)]);
  const names = [...new Set(rows.map(({ entity }) => entity))];
  const present = await Promise.all(
    names.map((name) => rowsFromSource(sql, mapping, name, rows.filter(({ entity }) => entity === name).map(identity))),
  );
  const byIdentity = new Map(present.flat().map((row) => [text(row), row]));
  return rows.flatMap((row) => byIdentity.get(text(row)) ?? []);
}

/** A pattern's answer from PostgreSQL; pages are counted in rows. */
export async function patternFromSource(
  sql: Sql,
  mapping: Mapping,
  query: PatternQuery,
  after: string | null,
): Promise<RowPage> {
  const offset = after === null ? 0 : Number(after);
  const [only, ...others] = query.sources;
  if (only === undefined) return { rows: [], next: null };
  if (others.length === 0) {
    const images = await selectPattern(sql, mapping, only, { offset, limit: query.limit });
    const full = query.limit !== null && images.length === query.limit;
    return {
      rows: images.map((image) => ({ entity: only.entity, image })),
      next: full ? String(offset + images.length) : null,
    };
  }
  // Several entities share the partition: each gives as many as could be needed, and the sort key merges them.
  const needed = query.limit === null ? null : offset + query.limit;
  const all = await Promise.all(
    query.sources.map(async (source) => {
      const images = await selectPattern(sql, mapping, source, { offset: 0, limit: needed });
      return images.map((image): EntityRow => ({ entity: source.entity, image }));
    }),
  );
  const keyed = all.flat().map((row) => {
    const entity = mapping.entities[row.entity];
    return { found: row, key: entity === undefined ? '' : sortKey(entity, query.index, row.image) };
  });
  const sign = query.direction === 'asc' ? 1 : -1;
  keyed.sort((left, right) => sign * compareKeys(left.key, right.key));
  const rows = keyed.slice(offset, needed ?? undefined).map(({ found: row }) => row);
  return { rows, next: needed !== null && keyed.length >= needed ? String(needed) : null };
}
