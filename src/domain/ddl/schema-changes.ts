import type { Catalogue, CatalogueColumn, CatalogueTable } from '../catalogue/catalogue.ts';
import { followPath } from '../catalogue/follow.ts';
import { findColumn, findTable, uniqueIndexesOf } from '../catalogue/tables.ts';
import { entitiesOfTable, type Mapping } from '../mapping/mapping.ts';
import { forbidsAll, shapeOfIndex, uniquePartsOf, type UniqueShape } from '../mapping/unique-shape.ts';
import { conditionText, partName } from '../mapping/unique-text.ts';

/** What DDL did to the source, by what it means for the migration. */
export type SchemaChangeKind =
  | 'unmapped-table'
  | 'partition-added'
  | 'partition-foreign'
  | 'partition-removed'
  | 'column-added'
  | 'column-dropped'
  | 'column-retyped'
  | 'values-rewritten'
  | 'key-rewritten'
  | 'key-dropped'
  | 'unique-dropped'
  | 'unique-added'
  | 'table-dropped'
  | 'uncaptured';

export interface SchemaChange {
  readonly kind: SchemaChangeKind;
  readonly table: string;
  /** The column that was added, dropped, retyped or rewritten. */
  readonly column?: string;
  /** What happened, for people: `column coupon was added`. */
  readonly detail: string;
}

/**
 * What differs between the schema that a generation began with and the schema now, as far as the mapping is concerned. Indexes that are not
 * unique, views, functions, grants, comments, defaults, and constraints that no key depends on are no change.
 */
export function schemaChanges(mapping: Mapping, expected: Catalogue, found: Catalogue): readonly SchemaChange[] {
  const used = usedColumns(mapping, expected);
  const names = [...new Set([...Object.keys(expected.tables), ...Object.keys(found.tables)])].sort();
  return names.flatMap((table) => {
    const [before, now] = [findTable(expected, table), findTable(found, table)];
    const columns = used.get(table);
    if (columns === undefined) return unmappedChanges(table, before, now);
    if (before === null || now === null) return [{ kind: 'table-dropped', table, detail: 'it was dropped or renamed' }];
    return [
      ...columnChanges(before, now, columns),
      ...keyChanges(mapping, before, now),
      ...uniqueChanges(mapping, before, now),
      ...leafChanges(before, now),
    ];
  });
}

/** The columns that images, keys and conditions are made of, by table; tables on the way of a followed path included. */
export function usedColumns(mapping: Mapping, catalogue: Catalogue): ReadonlyMap<string, Set<string>> {
  const used = new Map<string, Set<string>>();
  const use = (table: string, ...columns: readonly string[]): void => {
    const known = used.get(table) ?? new Set();
    for (const column of columns) known.add(column);
    used.set(table, known);
  };
  for (const entity of Object.values(mapping.entities)) {
    const { table, columns, identity, oldKeyColumns, where } = entity;
    use(table, ...columns.map(({ column }) => column), ...identity, ...oldKeyColumns, ...Object.keys(where));
    const from = findTable(catalogue, table);
    if (from === null) continue;
    for (const path of entity.followed) {
      const followed = followPath(catalogue, from, path);
      if (!followed.ok) continue;
      for (const hop of followed.hops) {
        use(hop.from.name, hop.column);
        use(hop.to.name, ...hop.key.references.columns);
      }
      use(followed.table.name, followed.column.name);
    }
  }
  return used;
}

function unmappedChanges(
  table: string,
  before: CatalogueTable | null,
  now: CatalogueTable | null,
): readonly SchemaChange[] {
  if (before === null) return [{ kind: 'unmapped-table', table, detail: 'it was created' }];
  if (now === null) return [{ kind: 'unmapped-table', table, detail: 'it was dropped or renamed' }];
  return JSON.stringify(before) === JSON.stringify(now)
    ? []
    : [{ kind: 'unmapped-table', table, detail: 'it was altered' }];
}

function columnChanges(
  before: CatalogueTable,
  now: CatalogueTable,
  used: ReadonlySet<string>,
): readonly SchemaChange[] {
  const table = before.name;
  const added = now.columns
    .filter(({ name }) => findColumn(before, name) === null)
    .map(({ name: column }): SchemaChange => ({
      kind: 'column-added',
      table,
      column,
      detail: `column ${column} was added`,
    }));
  const changed = before.columns.flatMap((column): readonly SchemaChange[] => {
    if (!used.has(column.name)) return [];
    const other = findColumn(now, column.name);
    if (other === null)
      return [
        { kind: 'column-dropped', table, column: column.name, detail: `column ${column.name} was dropped or renamed` },
      ];
    if (comparedType(column) === comparedType(other)) return [];
    return [
      {
        kind: 'column-retyped',
        table,
        column: column.name,
        detail: `column ${column.name} was ${typeText(column)}, is ${typeText(other)}`,
      },
    ];
  });
  return [...changed, ...added];
}

/** Types of the database's own without their names, which may change: whether one is another its id tells (`SchemaPorts.capture.replaced`). */
function comparedType(column: CatalogueColumn): string {
  return typeText(column.typeSchema === 'pg_catalog' ? column : { ...column, type: column.kind, typeSchema: 'own' });
}

/** Everything that decides the text of a value and how it is written. */
function typeText({
  type,
  typeSchema,
  array,
  precision,
  scale,
  length,
  generated,
  collation,
}: CatalogueColumn): string {
  const name = typeSchema === 'pg_catalog' ? type : `${typeSchema}.${type}`;
  const equality = collation?.deterministic === false ? ` collate ${collation.name}` : '';
  const size = precision !== null ? `(${precision},${scale ?? 0})` : length !== null ? `(${length})` : '';
  return `${name}${size}${array ? '[]' : ''}${equality}${generated ? ' generated' : ''}`;
}

/** Without an identity that is unique and never NULL, the versions of a row cannot be ordered. */
function keyChanges(mapping: Mapping, before: CatalogueTable, now: CatalogueTable): readonly SchemaChange[] {
  const identity = Object.values(mapping.entities).find((entity) => entity.table === before.name)?.identity;
  if (identity === undefined || !hasKey(before, identity)) return [];
  const nullable = identity.filter((name) => findColumn(now, name)?.notNull === false);
  if (hasKey(now, identity) && nullable.length === 0) return [];
  return [{ kind: 'key-dropped', table: before.name, detail: `the key on ${identity.join(', ')} is gone` }];
}

function hasKey({ primaryKey, uniqueKeys }: CatalogueTable, columns: readonly string[]): boolean {
  return [primaryKey, ...uniqueKeys].some((key) => key.length > 0 && key.every((name) => columns.includes(name)));
}

/**
 * A rule of `unique` that PostgreSQL does not keep any more: two rows may then hold one value, and a uniqueness item names one of them only.
 * A unique index that no rule keeps: DynamoDB will take what PostgreSQL refuses.
 */
function uniqueChanges(mapping: Mapping, before: CatalogueTable, now: CatalogueTable): readonly SchemaChange[] {
  const table = before.name;
  const rules = entitiesOfTable(mapping, table).flatMap(({ unique }) =>
    unique.map(({ name, value, when, nulls }) => ({ name, parts: uniquePartsOf(value.parts), when, nulls })),
  );
  const [former, present] = [shapesOf(before), shapesOf(now)];
  const dropped = rules.filter((rule) => isKept(before, former, rule) && !isKept(now, present, rule));
  const added = present.filter(
    (shape) =>
      !former.some((each) => forbidsAll(before, each, shape)) && !rules.some((rule) => forbidsAll(now, rule, shape)),
  );
  return [
    ...dropped.map((rule): SchemaChange => ({
      kind: 'unique-dropped',
      table,
      detail: `no index keeps ${shapeText(rule)} unique any more, which unique.${rule.name} does`,
    })),
    ...added.map((shape): SchemaChange => ({
      kind: 'unique-added',
      table,
      detail: `${shapeText(shape)} became unique, which no rule of the plan keeps`,
    })),
  ];
}

function shapesOf(table: CatalogueTable): readonly UniqueShape[] {
  return uniqueIndexesOf(table).flatMap((index) => shapeOfIndex(table, index) ?? []);
}

function isKept(table: CatalogueTable, indexes: readonly UniqueShape[], rule: UniqueShape): boolean {
  return indexes.some((index) => forbidsAll(table, index, rule));
}

function shapeText({ parts, when }: UniqueShape): string {
  const condition = conditionText(when);
  return `${parts.map(partName).join(', ')}${condition === '' ? '' : ` where ${condition}`}`;
}

/** Tables that have left are told by their triggers, since one may have been renamed, or be back (`SchemaPorts.capture.lost`). */
function leafChanges(before: CatalogueTable, now: CatalogueTable): readonly SchemaChange[] {
  const table = before.name;
  return now.leaves
    .filter((leaf) => !before.leaves.includes(leaf))
    .map((leaf): SchemaChange =>
      now.foreignLeaves?.includes(leaf) === true
        ? {
            kind: 'partition-foreign',
            table,
            detail: `${leaf} was added and is a foreign table, whose own writes go unseen`,
          }
        : { kind: 'partition-added', table, detail: `${leaf} was added` },
    );
}
