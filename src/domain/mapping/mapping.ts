import type { Catalogue, CatalogueColumn, CatalogueTable } from '../catalogue/catalogue.ts';
import type { Condition } from '../catalogue/condition.ts';
import type { AttributeValue } from '../item.ts';
import { followPath } from '../catalogue/follow.ts';
import { findColumn, findTable, identityOf } from '../catalogue/tables.ts';
import type { EntityPlan, PatternPlan, Plan } from '../plan/plan.ts';
import { type UniqueRule, uniqueRulesOf } from '../plan/unique-rules.ts';
import type { CarriedColumn, GenerationFacts, ShardOwners } from '../ports/control.ts';
import type { RowImage } from '../row.ts';
import { type Conditions, conditionsOf, holds } from './conditions.ts';
import { planError } from './plan-error.ts';
import { isDeferrable, uniquePartsOf } from './unique-shape.ts';
import { decoder } from './values/decode-value.ts';
import { type Expiry, expiryOf } from './values/expiry.ts';
import { encoder } from './values/encode-value.ts';
import { keyText, type KeyPosition, type KeyText } from './keys/key-text.ts';
import { compileTemplate, type KeyTemplate, type TemplateOptions } from './keys/key-template.ts';
import { parseTemplate } from './keys/template.ts';
import { columnType, type ColumnType } from './values/types.ts';
import { ownProperty } from '../own-property.ts';

/** A column that becomes an attribute. */
export interface ColumnMapping {
  readonly column: string;
  readonly attribute: string;
  readonly type: ColumnType;
  readonly notNull: boolean;
  /** A generated column, which writers omit. */
  readonly generated: boolean;
  /** Null if the value cannot be stored exactly. */
  readonly encode: (text: string) => AttributeValue | null;
  readonly decode: (value: AttributeValue) => string | null;
}

/** Above `over` bytes the value is stored in S3; `pointer` holds its key and `length` its bytes. */
export interface LargeMapping {
  readonly pointer: string;
  readonly length: string;
  readonly over: number;
}

export interface IndexMapping {
  readonly name: string;
  readonly PK: KeyTemplate;
  readonly SK: KeyTemplate;
  readonly when: Conditions;
}

/** A rule of `unique`: rows that fulfil `when` hold the value of the template. */
export interface UniqueMapping {
  readonly name: string;
  readonly value: KeyTemplate;
  readonly when: Conditions;
  readonly nulls: UniqueRule['nulls'];
  /** PostgreSQL checks it at the end of a statement or transaction, so that rows may exchange values. */
  readonly deferrable: boolean;
}

export interface ShardMapping {
  readonly by: string;
  readonly over: number;
  readonly into: number;
  /** Values of the PK template whose items are spread over shards. */
  readonly owners: ReadonlySet<string>;
}

/** Maps rows of one table, or those that match `where`, to items. */
export interface EntityMapping {
  readonly name: string;
  /** The table's name: its key in the catalogue, and the changelog's `relation`. */
  readonly table: string;
  readonly schema: string;
  readonly where: Conditions;
  readonly identity: readonly string[];
  readonly columns: readonly ColumnMapping[];
  /** Followed foreign-key paths that the image must hold. */
  readonly followed: readonly string[];
  readonly large: Readonly<Record<string, LargeMapping>>;
  readonly immutable: readonly string[];
  /** Columns that determine an old row's entity, keys, unique items and forbidden changes. */
  readonly oldKeyColumns: readonly string[];
  readonly PK: KeyTemplate;
  readonly SK: KeyTemplate;
  readonly indexes: readonly IndexMapping[];
  readonly unique: readonly UniqueMapping[];
  readonly shard: ShardMapping | null;
  /** The column that holds a row's expiry. */
  readonly expires: { readonly column: string; readonly at: Expiry } | null;
  /** Names of the columns and paths that an image of its table's rows may hold. */
  readonly imageMembers: ReadonlySet<string>;
  /** Attributes that not every item has yet, because their columns are still being carried. */
  readonly carrying: ReadonlySet<string>;
}

export interface Mapping {
  readonly entities: Readonly<Record<string, EntityMapping>>;
  readonly catalogue: Catalogue;
  readonly patterns: Readonly<Record<string, PatternPlan>>;
  /** That of the facts from which it was compiled. */
  readonly revision: number;
  /** Columns that the catalogue has got since the generation began. */
  readonly carried: readonly CarriedColumn[];
}

/** What a generation's facts say of columns that were added to its catalogue. */
export type Additions = Pick<GenerationFacts, 'mappingRevision' | 'carried'>;

/**
 * Compiles a checked plan into functions. Templates and codecs are built once. Callers use
 * `compilePlan`, which checks the plan first.
 */
export function compileMapping(
  plan: Plan,
  catalogue: Catalogue,
  shards: ShardOwners,
  { mappingRevision = 0, carried = [] }: Additions = {},
): Mapping {
  const drafts = Object.entries(plan.entities).map(([name, entity]) =>
    compileEntity(plan, catalogue, name, entity, shards[name] ?? []),
  );
  const entities = Object.fromEntries(
    drafts.map((draft): [string, EntityMapping] => {
      // The trigger writes one old key per table, for all entities of the table.
      const siblings = drafts.filter(({ table }) => table === draft.table);
      const oldKeyColumns = [...new Set(siblings.flatMap(oldKeyOf))].sort();
      const unfinished = carried.filter(({ table, finished }) => table === draft.table && finished === null);
      const carrying = new Set(
        draft.columns
          .filter((each) => unfinished.some(({ column }) => column === each.column))
          .map(({ attribute }) => attribute),
      );
      const imageMembers = new Set([...oldKeyColumns, ...siblings.flatMap(imageMembersOf)]);
      return [draft.name, { ...draft, oldKeyColumns, imageMembers, carrying }];
    }),
  );
  return { entities, catalogue, patterns: plan.patterns, revision: mappingRevision, carried };
}

/** The entities that a table's rows become. */
export function entitiesOfTable(mapping: Mapping, relation: string): readonly EntityMapping[] {
  return Object.values(mapping.entities).filter(({ table }) => table === relation);
}

/** The entity of a row by `where`, or null where the plan gives it no item. */
export function entityOfRow(mapping: Mapping, relation: string, image: RowImage): EntityMapping | null {
  for (const name in mapping.entities) {
    const entity = mapping.entities[name];
    if (entity !== undefined && entity.table === relation && holds(entity.where, image)) return entity;
  }
  return null;
}

type Draft = Omit<EntityMapping, 'oldKeyColumns' | 'imageMembers' | 'carrying'>;

function compileEntity(
  plan: Plan,
  catalogue: Catalogue,
  name: string,
  entity: EntityPlan,
  owners: readonly string[],
): Draft {
  const path = `entities.${name}`;
  const table = findTable(catalogue, entity.from);
  if (table === null) throw planError(path, `there is no table ${entity.from}`, 'Use a name of the catalogue');
  const template = (at: string, position: KeyPosition, text: string, options: TemplateOptions = {}): KeyTemplate => {
    const parsed = parseTemplate(text);
    if (!parsed.ok) throw planError(at, parsed.problem, 'Write segments as text or {column}');
    const codec = (column: string) => codecOf(catalogue, table, column, position, at);
    return compileTemplate(name, position, parsed.segments, codec, options);
  };
  const canonical = (conditions: Readonly<Record<string, Condition>>) => conditionsOf(table, conditions, path);
  const indexes = Object.entries(entity.indexes).map(([index, { PK, SK, when }]): IndexMapping => ({
    name: index,
    PK: template(`${path}.indexes.${index}.PK`, 'PK', PK),
    SK: template(`${path}.indexes.${index}.SK`, 'SK', SK),
    when: canonical(when ?? {}),
  }));
  const paths = indexes.flatMap(({ PK, SK }) => [...PK.paths, ...SK.paths]);
  const { shard } = entity;
  return {
    name,
    table: entity.from,
    schema: table.schema,
    where: canonical(entity.where ?? {}),
    identity: identityOf(table, entity.identity),
    columns: table.columns
      .filter(({ name: column }) => !entity.omit.includes(column))
      .map((column) => compileColumn(column, entity)),
    followed: [...new Set(paths.filter((followed) => findColumn(table, followed) === null))],
    large: Object.fromEntries(
      Object.entries(entity.large).map(([column, { pointer, length, over }]): [string, LargeMapping] => [
        column,
        { pointer, length: length ?? `${column}Bytes`, over: over ?? plan.sizes.maxInlineBytes },
      ]),
    ),
    immutable: entity.immutable,
    PK: template(`${path}.key.PK`, 'PK', entity.key.PK),
    SK: template(`${path}.key.SK`, 'SK', entity.key.SK),
    indexes,
    unique: uniqueRulesOf(entity).map(({ name: unique, key, when, nulls }): UniqueMapping => {
      const value = template(`${path}.unique.${unique}`, 'PK', key, { prefixed: true, nulls });
      const compiled = { parts: uniquePartsOf(value.parts), when: canonical(when), nulls };
      return { name: unique, value, when: compiled.when, nulls, deferrable: isDeferrable(table, compiled) };
    }),
    shard: shard === undefined ? null : { ...shard, owners: new Set(owners) },
    expires: compileExpiry(table, entity.expires),
  };
}

function compileExpiry(table: CatalogueTable, name: string | undefined): EntityMapping['expires'] {
  const column = name === undefined ? null : findColumn(table, name);
  const at = column === null ? null : expiryOf(columnType(column));
  return column === null || at === null ? null : { column: column.name, at };
}

function compileColumn(column: CatalogueColumn, entity: EntityPlan): ColumnMapping {
  const type = columnType(column);
  return {
    column: column.name,
    attribute: ownProperty(entity.rename, column.name) ?? column.name,
    type,
    notNull: column.notNull,
    generated: column.generated,
    encode: encoder(type, entity.maps.includes(column.name)),
    decode: decoder(type),
  };
}

function imageMembersOf({ columns, identity, where, followed }: Draft): readonly string[] {
  return [...columns.map(({ column }) => column), ...identity, ...Object.keys(where), ...followed];
}

function oldKeyOf(entity: Draft): readonly string[] {
  return [
    ...entity.identity,
    ...Object.keys(entity.where),
    ...entity.PK.paths,
    ...entity.SK.paths,
    ...entity.unique.flatMap(({ value, when }) => [...value.paths, ...Object.keys(when)]),
    ...(entity.shard === null ? [] : [entity.shard.by]),
    ...entity.immutable,
  ];
}

function codecOf(
  catalogue: Catalogue,
  table: CatalogueTable,
  path: string,
  position: KeyPosition,
  at: string,
): KeyText {
  const followed = followPath(catalogue, table, path);
  if (!followed.ok)
    throw planError(at, `${followed.table.name} has no ${followed.column}`, 'Use names of the catalogue');
  const codec = keyText(columnType(followed.column), position);
  if (typeof codec === 'string') throw planError(at, `{${path}}: ${codec}`, 'Use another column in the key');
  return codec;
}
