import type { Catalogue, CatalogueColumn, CatalogueTable } from '../catalogue/catalogue.ts';
import { columnType } from '../mapping/values/types.ts';
import { defaultRule } from './defaults.ts';
import { draftIndexes } from './indexes.ts';
import { draftIdentity, draftParent, sameList, segments } from './keys.ts';
import { camel, distinct, entityName } from './names.ts';
import { draftUnique } from './unique.ts';
import { type EntityPlan, UNDECIDED } from '../plan/plan.ts';
import { ADD_KEY, identityObstacle } from '../mapping/keys/identity-obstacles.ts';
import { ownProperty } from '../own-property.ts';
import type { Measures, DraftedPlan, Note, EntityDraft, PatternDraft } from './draft.ts';

/** A column whose longest value has more bytes than this is stored in S3. */
const LARGE = 32 * 1024;
/** An owner with more rows than this gets shards. */
const SHARD_OVER = 1_000;
/** Attributes that the migration itself uses. */
const RESERVED = /^(?:PK|SK|_v|_e|_t|_at|_d|_of|_i|_ttl|GSI\d+[PS]K)$/;

/**
 * Drafts a plan for a schema: an entity for each table that has a key, children in their parent's partition, an index for each foreign
 * key. Nothing is thrown for a table that cannot be mapped: the draft excludes it and a note says why.
 *
 * @param name the plan's name
 * @param measures row counts and longest values by table; an absent table counts as not measured
 * @returns the draft, with notes on what a person should decide
 */
export function draftPlan(catalogue: Catalogue, schema: string, name: string, measures: Measures): DraftedPlan {
  const notes: Note[] = [];
  const exclude: Record<string, string> = {};
  const names = new Map<string, string>();
  for (const table of Object.values(catalogue.tables)) {
    if (draftIdentity(table) !== null) {
      names.set(table.name, entityName(table.name, new Set(names.values())));
      continue;
    }
    const obstacle = identityObstacle(table);
    const [reason, remedy] =
      obstacle === null
        ? ['it has no primary key', ADD_KEY]
        : [`its rows have no identity: ${obstacle.evidence}`, obstacle.remedy];
    exclude[table.name] = `${UNDECIDED}: ${reason}`;
    notes.push({
      path: `exclude.${table.name}`,
      text: `${table.name} is not migrated, because ${reason}. ${remedy}, or write down why it can be left out`,
    });
  }
  const entities: Record<string, EntityDraft> = {};
  const patterns: Record<string, PatternDraft> = {};
  const taken = new Set(names.keys());
  for (const [tableName, entity] of names) {
    const table = catalogue.tables[tableName];
    const identity = table === undefined ? null : draftIdentity(table);
    if (table === undefined || identity === null) continue;
    const parent = draftParent(catalogue, table, identity, taken);
    const under = parent === null ? null : (names.get(parent.references.table) ?? null);
    const owner = under === null || parent === null ? identity : parent.columns;
    const own = identity.filter((column) => !owner.includes(column));
    // The parent's extension has no column of its own in the key.
    const sort = under === null || own.length === 0 ? identity : own;
    const key = { PK: `${under ?? entity}#${segments(owner)}`, SK: `${entity}#${segments(sort)}` };
    const measured = measures[tableName];
    const fanOut = parent === null ? 0 : (measured?.children[parent.columns.join(',')] ?? 0);
    const by = own.at(0);
    const { indexes, patterns: found, notes: more } = draftIndexes(table, entity, identity, parent, names);
    const { unique, notes: unsaid } = draftUnique(table, entity, identity);
    const large = largeColumns(table, measured?.longest ?? {});
    const defaults = defaultsOf(table, entity, notes);
    const renamed = table.columns.filter((column) => RESERVED.test(column.name));
    const draft: EntityDraft = {
      from: tableName,
      ...(sameList(identity, table.primaryKey) ? {} : { identity: [...identity] }),
      key,
      ...(Object.keys(indexes).length === 0 ? {} : { indexes }),
      ...(Object.keys(unique).length === 0 ? {} : { unique }),
      ...(renamed.length === 0
        ? {}
        : { rename: Object.fromEntries(renamed.map((column) => [column.name, `${camel(column.name)}Value`])) }),
      ...(under === null || by === undefined || fanOut <= SHARD_OVER
        ? {}
        : { shard: { by, over: SHARD_OVER, into: shards(fanOut) } }),
      ...(large.length === 0 ? {} : { large: Object.fromEntries(large.map(largeOf)) }),
      ...(Object.keys(defaults).length === 0 ? {} : { defaults }),
    };
    entities[entity] = draft;
    if (under !== null && own.length > 0)
      patterns[distinct(camel(tableName, 'of', under), new Set(Object.keys(patterns)))] = { entity, SK: `${entity}#` };
    for (const [pattern, plan] of Object.entries(found))
      patterns[distinct(pattern, new Set(Object.keys(patterns)))] = plan;
    notes.push(...more, ...unsaid, ...columnNotes(table, entity, measured?.longest ?? {}));
    if (under !== null)
      notes.push({
        path: `entities.${entity}.key`,
        text: `rows are in the partition of their ${under}: reading one needs ${[...owner, ...own].join(', ')}; write ${entity}#${segments(identity)} as PK if the application knows only ${own.join(', ') || identity.join(', ')}`,
      });
  }
  const families = familiesOf(entities);
  for (const [root, children] of families)
    patterns[
      distinct(
        camel(root, 'with', ...(children.length === 1 ? children : ['children'])),
        new Set(Object.keys(patterns)),
      )
    ] = { entity: [root, ...children] };
  const used = new Set(Object.values(entities).flatMap(({ indexes }) => Object.keys(indexes ?? {})));
  return {
    plan: { name, source: { schema }, table: { name, indexes: [...used].sort() }, exclude, entities, patterns },
    notes,
  };
}

/** Root entities with the entities that share their partition. */
function familiesOf(
  entities: Readonly<Record<string, EntityDraft>>,
): readonly (readonly [string, readonly string[]])[] {
  return Object.entries(entities).flatMap(([root, { key }]) => {
    if (!key.PK.startsWith(`${root}#`)) return [];
    const width = key.PK.split('#').length;
    const children = Object.entries(entities)
      .filter(
        ([name, child]) =>
          name !== root && child.key.PK.startsWith(`${root}#`) && child.key.PK.split('#').length === width,
      )
      .map(([name]) => name);
    return children.length === 0 ? [] : [[root, children] as const];
  });
}

function defaultsOf(table: CatalogueTable, entity: string, notes: Note[]): EntityPlan['defaults'] {
  const rules: EntityPlan['defaults'] = {};
  for (const column of table.columns) {
    if (!column.hasDefault || column.generated) continue;
    const rule = defaultRule(column);
    if (rule !== null) rules[column.name] = rule;
    else if (!/^NULL(?:::.*)?$/.test(column.defaultExpression ?? ''))
      notes.push({
        path: `entities.${entity}.defaults`,
        text: `${column.name} defaults to ${column.defaultExpression ?? ''}: decide how the value is generated once PostgreSQL is gone`,
      });
  }
  return rules;
}

function largeColumns(table: CatalogueTable, longest: Readonly<Record<string, number>>): readonly string[] {
  return table.columns
    .filter((column) => canBeLarge(column) && (ownProperty(longest, column.name) ?? 0) > LARGE)
    .map(({ name }) => name);
}

function largeOf(name: string): [string, EntityPlan['large'][string]] {
  return [name, { pointer: `${camel(name)}S3Key`, length: `${camel(name)}Length`, over: 4_096 }];
}

function canBeLarge(column: CatalogueColumn): boolean {
  const { kind, array } = columnType(column);
  return !array && (kind === 'text' || kind === 'bytes');
}

/** Notes on columns that need a person's decision. */
function columnNotes(
  table: CatalogueTable,
  entity: string,
  longest: Readonly<Record<string, number>>,
): readonly Note[] {
  return table.columns.flatMap((column): readonly Note[] => {
    const { kind } = columnType(column);
    return [
      ...(kind === 'jsonb' && !column.array
        ? [note(entity, 'maps', `${column.name} (jsonb) is kept as text; list it in \`maps\` if readers need a map`)]
        : []),
      ...((ownProperty(longest, column.name) ?? 0) > LARGE && !canBeLarge(column)
        ? [
            note(
              entity,
              'large',
              `${column.name} (${column.type}) holds up to ${ownProperty(longest, column.name) ?? 0} bytes, but only text and bytea can be stored in S3: convert it to one of them, or split it`,
            ),
          ]
        : []),
      ...(/passw|pwd|secret|token/i.test(column.name)
        ? [
            note(
              entity,
              'omit',
              `${column.name} looks like a secret: list it in \`omit\`, and name the table in \`auth\` if users sign in with it`,
            ),
          ]
        : []),
      ...(/^(?:expires?|expired|expiry|valid_until)(?:_?(?:at|on))?$/i.test(column.name) &&
      /^timestamp|^date/.test(column.type)
        ? [
            note(
              entity,
              'expires',
              `${column.name} looks like an expiry time: set \`expires\` if DynamoDB may delete the row then`,
            ),
          ]
        : []),
      ...(/^deleted(?:_?at)?$|^is_deleted$/i.test(column.name)
        ? [
            note(
              entity,
              'indexes',
              `${column.name} looks like a soft delete: exclude such rows from indexes with \`when\``,
            ),
          ]
        : []),
    ];
  });
}

/** The number of shards that keeps each near `SHARD_OVER` rows, within the plan's bounds: a power of two. */
function shards(rows: number): number {
  return Math.min(256, Math.max(2, 2 ** Math.ceil(Math.log2(rows / SHARD_OVER))));
}

function note(entity: string, setting: string, text: string): Note {
  return { path: `entities.${entity}.${setting}`, text };
}
