import type { Catalogue, CatalogueTable } from '../../../domain/catalogue/catalogue.ts';
import type { EntityMapping, Mapping } from '../../../domain/mapping/mapping.ts';
import { columnOf, conditionSql, identitySql, imageSql, type ImageShape } from './image.ts';
import { quotedLeaf, quoteIdentifier, quoteLiteral, quoteQualified } from './quote.ts';
import { withSettings } from './with-settings.ts';

/**
 * A mapped table for SQL: its name in the changelog, its root, and the entities that its rows
 * become.
 */
export interface Relation {
  readonly name: string;
  readonly table: CatalogueTable;
  readonly root: string;
  readonly entities: readonly EntityMapping[];
  readonly identity: readonly string[];
}

/** Every mapped table once, in the order of their names. */
export function relationsOf(mapping: Mapping): readonly Relation[] {
  const names = [...new Set(Object.values(mapping.entities).map(({ table }) => table))].sort();
  return names.map((name) => relationOf(mapping, name));
}

export function relationOf(mapping: Mapping, name: string): Relation {
  const table = tableOf(mapping.catalogue, name);
  const entities = Object.values(mapping.entities).filter((entity) => entity.table === name);
  const identity = entities[0]?.identity ?? [];
  return { name, table, root: quoteQualified(table.schema, table.name), entities, identity };
}

/** Whether all rows are in partitions; any other root holds rows itself. */
export function isPartitioned({ root, table }: Relation): boolean {
  return !table.leaves.map(quotedLeaf).includes(root);
}

export function tableOf(catalogue: Catalogue, name: string): CatalogueTable {
  const table = catalogue.tables[name];
  if (table === undefined) throw new TypeError(`${name} is not in the catalogue`);
  return table;
}

/**
 * An entity's image of a row: its columns, the columns of its `where`, and the paths that its keys
 * follow.
 */
function shapeOf(table: CatalogueTable, entity: EntityMapping): ImageShape {
  const columns = new Set([
    ...entity.columns.map(({ column }) => column),
    ...entity.identity,
    ...entity.oldKeyColumns,
    ...Object.keys(entity.where),
  ]);
  const large = Object.fromEntries(Object.entries(entity.large).map(([name, { over }]) => [name, over]));
  return { table, columns: [...columns], large, followed: entity.followed };
}

export function entityImage(mapping: Mapping, entity: EntityMapping, alias: string): string {
  return imageSql(shapeOf(tableOf(mapping.catalogue, entity.table), entity), mapping.catalogue, alias);
}

/** A row's image as the entity it belongs to. */
export function rowImage(mapping: Mapping, relation: Relation, alias: string): string {
  const [first, ...others] = relation.entities;
  if (first === undefined) throw new TypeError(`${relation.name} has no entity`);
  if (others.length === 0 && Object.keys(first.where).length === 0) return entityImage(mapping, first, alias);
  const cases = relation.entities.map(
    (entity) => `WHEN ${conditionSql(relation.table, entity.where, alias)} THEN ${entityImage(mapping, entity, alias)}`,
  );
  // A row that belongs to no entity has no item; its old key identifies the item it had before.
  const bare = imageSql(
    { table: relation.table, columns: keyColumns(relation), large: {}, followed: [] },
    mapping.catalogue,
    alias,
  );
  return `CASE ${cases.join(' ')} ELSE ${bare} END`;
}

/** The columns from which keys and uniqueness items are derived, without large columns. */
export function oldKeyImage(mapping: Mapping, relation: Relation, alias: string): string {
  return imageSql(
    { table: relation.table, columns: keyColumns(relation), large: {}, followed: [] },
    mapping.catalogue,
    alias,
  );
}

function keyColumns(relation: Relation): string[] {
  const names = relation.entities.flatMap((entity) => [...entity.oldKeyColumns, ...Object.keys(entity.where)]);
  return [...new Set([...relation.identity, ...names])];
}

export function identityText(relation: Relation, alias: string): string {
  return identitySql(relation.table, relation.identity, alias);
}

/** The row whose identity is that of the record `record`. */
export function sameIdentity(relation: Relation, alias: string, record: string): string {
  return relation.identity
    .map((name) => `${alias}.${quoteIdentifier(name)} = ${record}.${quoteIdentifier(name)}`)
    .join(' AND ');
}

/** Canonical text as a value of the column's type, without its length: a longer value is different, not cut. */
export function castTo(table: CatalogueTable, name: string, value: string): string {
  const text = `CAST(${value} AS text)`;
  const { array, typeSchema } = columnOf(table, name);
  if (typeSchema !== 'pg_catalog') return asColumn(table, name, array, text);
  if (!array) return scalar(table, name, text);
  return (
    `CASE WHEN ${isJsonArray(text)} THEN ARRAY(SELECT ${scalar(table, name, 'e.v')}` +
    ` FROM json_array_elements_text(CAST(${text} AS json)) WITH ORDINALITY AS e(v, n) ORDER BY e.n)` +
    ` ELSE ${money(table, name, `CAST(${text} AS ${typeName(table, name)}[])`)} END`
  );
}

/** The canonical text of an array is JSON and begins with `["`, `[null` or `[]`. Anything else is PostgreSQL's array syntax. */
function isJsonArray(text: string): string {
  return `${text} ~ '^\\[("|null|\\])'`;
}

/** By the column itself and not by the name of its type, which somebody may rename or move to another schema while clients know the former one. */
function asColumn(table: CatalogueTable, name: string, array: boolean, text: string): string {
  const record = (json: string) =>
    `(json_populate_record(CAST(NULL AS ${quoteQualified(table.schema, table.name)}), json_build_object(${quoteLiteral(name)}, ${json}))).${quoteIdentifier(name)}`;
  return array
    ? `CASE WHEN ${isJsonArray(text)} THEN ${record(`CAST(${text} AS json)`)} ELSE ${record(text)} END`
    : record(text);
}

function scalar(table: CatalogueTable, name: string, text: string): string {
  return columnOf(table, name).type === 'bytea'
    ? `decode(${text}, 'hex')`
    : money(table, name, `CAST(${text} AS ${typeName(table, name)})`);
}

/** The one type whose input, too, depends on a setting. */
function money(table: CatalogueTable, name: string, cast: string): string {
  return columnOf(table, name).type === 'money' ? withSettings(['lc_monetary'], cast) : cast;
}

/** The type of a column, or of its elements; of a domain the type under it. */
function typeName(table: CatalogueTable, name: string): string {
  const { type, typeSchema } = columnOf(table, name);
  return quoteQualified(typeSchema, type);
}

/** The row of the root `t` whose identity is the JSON array of texts that `json` gives. */
export function matchSql(relation: Relation, json: string): string {
  return relation.identity
    .map((name, index) => `t.${quoteIdentifier(name)} = ${castTo(relation.table, name, `(${json} ->> ${index})`)}`)
    .join(' AND ');
}
