import { SchemaChanged } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { SchemaChange } from './schema-changes.ts';

/**
 * What a change of the source's schema leads to: `note` = it is listed, nothing stops; `adopt` = capture adopts it by itself;
 * `carry` = the mapping takes the column in, and its values are carried without a reload; `halt` = reads return to PostgreSQL, the application goes on there, and a person decides.
 */
export type SchemaAction = 'note' | 'adopt' | 'carry' | 'halt';

/** The plan's choice for this change. A change that makes items wrong always halts. */
export function actionFor({ ddl }: Pick<Plan, 'ddl'>, { kind }: SchemaChange): SchemaAction {
  switch (kind) {
    case 'unmapped-table':
      return ddl.unmappedTable;
    // Carried as the rows of an adopted partition are.
    case 'values-rewritten':
    case 'partition-added':
      return ddl.partitionAdded;
    case 'partition-removed':
      return ddl.partitionRemoved;
    case 'column-added':
      return ddl.columnAdded;
    case 'unique-dropped':
      return ddl.uniqueDropped;
    case 'unique-added':
      return 'note';
    default:
      return 'halt';
  }
}

/** Throws SchemaChanged for changes that the plan does not let pass. */
export function assertPassable(plan: Pick<Plan, 'ddl'>, changes: readonly SchemaChange[]): void {
  const halting = changes.filter((change) => actionFor(plan, change) === 'halt');
  if (halting.length > 0)
    throw new SchemaChanged({ changes: halting.map(({ table, detail }) => `${table}: ${detail}`) });
}
