import type { CatalogueTable, UniqueIndex } from '../catalogue/catalogue.ts';
import { uniqueIndexesOf } from '../catalogue/tables.ts';
import type { EntityPlan } from '../plan/plan.ts';
import { planRule } from '../plan/unique-rules.ts';
import type { Note } from './draft.ts';
import { segment } from './keys.ts';
import { standsInKey } from '../mapping/keys/key-obstacle.ts';
import { distinct } from './names.ts';

/** Drafts a rule of `unique` for each unique index that the identity does not imply; a note names an index that no rule can say. */
export function draftUnique(
  table: CatalogueTable,
  entity: string,
  identity: readonly string[],
): { readonly unique: EntityPlan['unique']; readonly notes: readonly Note[] } {
  const unique: EntityPlan['unique'] = {};
  const notes: Note[] = [];
  for (const index of uniqueIndexesOf(table)) {
    if (isIdentity(index, identity)) continue;
    const columns = index.key?.map(({ column }) => column) ?? [];
    if (index.key !== null && index.when !== null && standsInKey(table, columns)) {
      const key = index.key.map(({ column, lower }) => segment(table, column, lower)).join('#');
      unique[distinct(columns.join('_'), new Set(Object.keys(unique)), '_')] = planRule({
        key,
        when: index.when,
        nulls: index.nulls,
      });
    } else if (index.definition !== '')
      notes.push({
        path: `entities.${entity}.unique`,
        text: `${index.name} cannot be a rule: ${index.definition.replaceAll(/\s+/g, ' ')}; \`plan check\` says how to replace it`,
      });
  }
  return { unique, notes };
}

/** A plain index of the identity's columns, or an index that has all of them among its columns. */
function isIdentity({ key, when, definition }: UniqueIndex, identity: readonly string[]): boolean {
  if (key === null || when === null) return false;
  const within = identity.every((name) => key.some(({ column, lower }) => column === name && !lower));
  return within && (definition !== '' || key.length === identity.length);
}
