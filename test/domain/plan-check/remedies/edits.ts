import type { TableText } from '../../campaigns.ts';
import { tables } from '../../campaigns.ts';
import { entity, type Json } from '../broken-plans/change.ts';

type Tables = Readonly<Record<string, TableText>>;

/** A plan and a schema, each as changes of the good ones. */
export interface Edit {
  readonly plan?: Json;
  readonly tables?: Tables;
}

/** A finding, what provokes it, and its remedy as a person applies it; null where the remedy says that nothing has to be done. */
export type Remedy = readonly [finding: string, broken: Edit, remedy: Edit | null];

function table(name: string): TableText {
  const found = tables[name];
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

export function changed(name: string, change: Partial<TableText>): Tables {
  return { [name]: { ...table(name), ...change } };
}

export function typed(columns: TableText['columns'], name = 'users'): Tables {
  return changed(name, { columns: { ...table(name).columns, ...columns } });
}

export const user = (change: Json): Edit => ({ plan: entity('USER', change) });
export const session = (change: Json): Edit => ({ plan: entity('SESSION', change) });
export const collation = { name: 'und-x-icu', deterministic: false };
export const AUTH = { from: 'users', username: 'email', email: 'email', passwordHash: 'password_hash' };

/** An entity of the table that the good plan leaves out. */
export function stateEntity(): Json {
  return {
    exclude: { states: undefined },
    entities: { STATE: { from: 'states', key: { PK: 'STATE#{code}', SK: 'STATE#{code}' } } },
  };
}
