import type { CatalogueTable, ForeignKey } from '../catalogue/catalogue.ts';
import { columnType } from '../mapping/values/types.ts';
import type { PatternDraft, Note } from './draft.ts';
import { sameList, segment, segments, sortingTime } from './keys.ts';
import { standsInKey } from '../mapping/keys/key-obstacle.ts';
import { camel, roleOf } from './names.ts';
import type { EntityPlan } from '../plan/plan.ts';
import { findColumn } from '../catalogue/tables.ts';

/** Limit on drafted indexes, because each index writes every item in it once more. */
const MOST = 3;

interface IndexDrafts {
  readonly indexes: EntityPlan['indexes'];
  readonly patterns: Readonly<Record<string, PatternDraft>>;
  readonly notes: readonly Note[];
}

/**
 * Drafts an index key for each foreign key that the base key does not serve, and for the first unique text column, by which rows are
 * looked up. Entities share the table's few indexes, so each index key begins with the role of its columns.
 */
export function draftIndexes(
  table: CatalogueTable,
  entity: string,
  identity: readonly string[],
  parent: ForeignKey | null,
  names: ReadonlyMap<string, string>,
): IndexDrafts {
  const time = sortingTime(table);
  const sort = `${entity}#${segments([...(time === null || identity.includes(time) ? [] : [time]), ...identity])}`;
  const lookup = table.uniqueKeys.find(
    (key) => !sameList(key, identity) && key.length === 1 && standsInKey(table, key) && isText(table, key[0] ?? ''),
  );
  const wanted: {
    readonly columns: readonly string[];
    readonly role: string;
    readonly pattern: string;
    readonly many: boolean;
  }[] = [
    ...(lookup === undefined
      ? []
      : [
          {
            columns: lookup,
            role: roleOf(lookup, entity),
            pattern: camel(entity, 'by', lookup[0] ?? ''),
            many: false,
          },
        ]),
    ...table.foreignKeys
      .filter(
        ({ columns }) =>
          !(parent !== null && sameList(columns, parent.columns)) &&
          !sameList(columns, identity) &&
          standsInKey(table, columns),
      )
      .map(({ columns, references }) => {
        const role = roleOf(columns, names.get(references.table) ?? entity);
        return { columns, role, pattern: camel(table.name, 'of', role), many: true };
      }),
  ];
  const distinctColumns = wanted.filter(
    ({ columns }, at) => wanted.findIndex((other) => sameList(other.columns, columns)) === at,
  );
  const indexes: EntityPlan['indexes'] = {};
  const patterns: Record<string, PatternDraft> = {};
  for (const [at, { columns, role, pattern, many }] of distinctColumns.slice(0, MOST).entries()) {
    const index = `GSI${at + 1}`;
    indexes[index] = {
      PK: `${role}#${columns.map((name) => segment(table, name)).join('#')}`,
      SK: many ? sort : `${entity}#${segments(identity)}`,
    };
    patterns[pattern] = { entity, index, SK: `${entity}#`, ...(many ? { order: 'desc', limit: 50 } : {}) };
  }
  const left = distinctColumns.slice(MOST);
  return {
    indexes,
    patterns,
    notes:
      left.length === 0
        ? []
        : [
            {
              path: `entities.${entity}.indexes`,
              text: `no index for ${left.map(({ columns }) => columns.join(', ')).join('; ')}: each index writes every item once more, so add only those that are used for searches`,
            },
          ],
  };
}

function isText(table: CatalogueTable, name: string): boolean {
  const column = findColumn(table, name);
  return column !== null && ['text', 'padded'].includes(columnType(column).kind);
}
