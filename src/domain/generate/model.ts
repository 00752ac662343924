import type { EntityMapping, Mapping } from '../mapping/mapping.ts';
import { patternShape, type PatternShape } from '../mapping/patterns/pattern-shape.ts';
import type { KeyTemplate } from '../mapping/keys/key-template.ts';
import { columnType, type ColumnType } from '../mapping/values/types.ts';
import { UNIQUE } from '../mapping/items/encode.ts';
import { followPath } from '../catalogue/follow.ts';
import type { Plan } from '../plan/plan.ts';
import { uniqueRulesOf } from '../plan/unique-rules.ts';
import { findTable } from '../catalogue/tables.ts';
import { entityTypeName, Names, plural, typeName } from './names.ts';

/** A column or followed path used in a key or a pattern. */
export interface PathModel {
  readonly path: string;
  readonly type: ColumnType;
}

/** A key of an entity, and the names generated for it. */
export interface KeyModel {
  readonly kind: 'base' | 'index' | 'unique';
  /** The index's or the unique rule's name; empty for the base key. */
  readonly name: string;
  readonly PK: string;
  readonly SK: string;
  /** The segments of the sort key that give the order; none for uniqueness items, which are not sorted. */
  readonly sort: KeyTemplate | null;
  readonly paths: readonly PathModel[];
  /** `same`: NULL is a value of the key. */
  readonly nulls: 'distinct' | 'same';
  readonly typeName: string;
  readonly parsedTypeName: string;
  readonly formatName: string;
  readonly buildName: string;
  readonly parseName: string;
}

export interface EntityModel {
  readonly entity: EntityMapping;
  readonly base: KeyModel;
  readonly keys: readonly KeyModel[];
  readonly rowType: string;
  readonly toRow: string;
  /** The row in a list, where large values may be references; the row itself where there are none. */
  readonly listedType: string;
  readonly toListed: string;
  readonly getOne: string;
  readonly getMany: string;
}

export interface PatternModel {
  readonly name: string;
  readonly shape: PatternShape;
  readonly entities: readonly EntityModel[];
  readonly required: readonly PathModel[];
  /** The column that `range` or `prefix` takes. */
  readonly next: (PathModel & { readonly use: 'range' | 'prefix' }) | null;
  readonly filters: readonly PathModel[];
  readonly functionName: string;
  readonly argumentsType: string;
  /** Several entities only: a row with its entity. */
  readonly rowType: string | null;
}

/** The model that all generated files share, so that they agree: entities, keys, patterns and their names. */
export interface ModuleModel {
  readonly plan: Plan;
  readonly entities: readonly EntityModel[];
  readonly patterns: readonly PatternModel[];
  /** Allocates names for a file's own declarations. */
  readonly names: Names;
}

/** Names that the files import from Portage and from each other; no generated name may shadow them. */
const IMPORTED = [
  'ApplicationRow ApplicationValue ReadValue BodyRef BuildOptions ColumnType EntityType ItemKey keyFormat',
  'bytes document field flag list List numeric orNull orReference text',
  'Bounds KeyReader getRows Page PatternReader QueryOptions queryRows ReadOptions unexpectedEntity',
].flatMap((names) => names.split(' '));

/** Patterns get their names first, because the plan chose them; other names derive from the entities. */
export function moduleModel(plan: Plan, mapping: Mapping): ModuleModel {
  const names = new Names(IMPORTED);
  const functions = new Map(Object.keys(plan.patterns).map((name) => [name, names.take(name)]));
  const entities = Object.values(mapping.entities).map((entity) => entityModel(plan, mapping, entity, names));
  const patterns = [...functions].map(([name, functionName]) =>
    patternModel(mapping, entities, name, functionName, names),
  );
  return { plan, entities, patterns, names };
}

function entityModel(plan: Plan, mapping: Mapping, entity: EntityMapping, names: Names): EntityModel {
  const name = entityTypeName(entity.name);
  const rowType = names.take(name);
  const toRow = names.take(`to${name}`);
  const large = Object.keys(entity.large).length > 0;
  const templates = plan.entities[entity.name];
  const key = (
    kind: KeyModel['kind'],
    keyName: string,
    front: string,
    { PK, SK }: { readonly PK: string; readonly SK: string },
    used: readonly KeyTemplate[],
    nulls: KeyModel['nulls'] = 'distinct',
  ): KeyModel => ({
    kind,
    name: keyName,
    PK,
    SK,
    sort: used[1] ?? null,
    paths: pathsOf(mapping, entity, used),
    nulls,
    typeName: names.take(`${front}Key`),
    parsedTypeName: names.take(`Parsed${front}Key`),
    formatName: names.take(`format${front}Key`),
    buildName: names.take(`build${front}Key`),
    parseName: names.take(`parse${front}Key`),
  });
  const rules = templates === undefined ? [] : uniqueRulesOf(templates);
  const base = key('base', '', name, templates?.key ?? { PK: '', SK: '' }, [entity.PK, entity.SK]);
  return {
    entity,
    base,
    keys: [
      base,
      ...entity.indexes.map((index) =>
        key('index', index.name, name + typeName(index.name), templates?.indexes[index.name] ?? { PK: '', SK: '' }, [
          index.PK,
          index.SK,
        ]),
      ),
      ...entity.unique.map((unique) =>
        key(
          'unique',
          unique.name,
          `${name}${typeName(unique.name)}Unique`,
          {
            PK: `${UNIQUE}#${entity.name}#${unique.name}#${rules.find((rule) => rule.name === unique.name)?.key ?? ''}`,
            SK: UNIQUE,
          },
          [unique.value],
          unique.nulls,
        ),
      ),
    ],
    rowType,
    toRow,
    listedType: large ? names.take(`Listed${name}`) : rowType,
    toListed: large ? names.take(`toListed${name}`) : toRow,
    getMany: names.take(`get${plural(name)}`),
    getOne: names.take(`get${name}`),
  };
}

function patternModel(
  mapping: Mapping,
  entities: readonly EntityModel[],
  name: string,
  functionName: string,
  names: Names,
): PatternModel {
  const shape = patternShape(mapping, name);
  const { plan, members, depth } = shape;
  const [first] = members;
  const fixed = [...first.PK.parts, ...first.SK.parts.slice(0, depth)];
  const required = [...new Set(fixed.flatMap((part) => (part.kind === 'value' ? [part.path] : [])))];
  const pathOf = (path: string): PathModel => pathModel(mapping, first.entity, path);
  const use = plan.range === undefined ? 'prefix' : 'range';
  const next = plan[use];
  const title = typeName(name);
  return {
    name,
    shape,
    entities: members.flatMap(({ entity }) => entities.filter((candidate) => candidate.entity === entity)),
    required: required.map(pathOf),
    next: next === undefined ? null : { ...pathOf(next), use },
    filters: (plan.filter ?? []).filter((path) => path !== next && !required.includes(path)).map(pathOf),
    functionName,
    argumentsType: names.take(`${title}Arguments`),
    rowType: members.length === 1 ? null : names.take(`${title}Row`),
  };
}

function pathsOf(mapping: Mapping, entity: EntityMapping, templates: readonly KeyTemplate[]): readonly PathModel[] {
  return [...new Set(templates.flatMap(({ paths }) => paths))].map((path) => pathModel(mapping, entity, path));
}

function pathModel(mapping: Mapping, entity: EntityMapping, path: string): PathModel {
  const table = findTable(mapping.catalogue, entity.table);
  const followed = table === null ? null : followPath(mapping.catalogue, table, path);
  // Compiling the mapping has already resolved every path of the plan.
  if (followed?.ok !== true) throw new TypeError(`${entity.name} has no ${path}`);
  return { path, type: columnType(followed.column) };
}
