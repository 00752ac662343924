import type { Node } from 'libpg-query';
import type { ColumnName } from '../../domain/statements/statement.ts';

/** Visits every node below `value`, which may be any part of a parse tree; `visit` returns false to leave out what is below. */
export function walk(value: unknown, visit: (node: Node) => boolean): void {
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value) && !visit(value)) return;
  for (const child of Object.values<unknown>({ ...value })) walk(child, visit);
}

/** A node is an object whose one key is the name of its kind. */
function isNode(value: object): value is Node {
  const [key, ...others] = Object.keys(value);
  return key !== undefined && others.length === 0 && /^[A-Z]/.test(key);
}

/** The strings of a list of names: `public`, `users`, `id`. */
export function namesOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map((node) => ('String' in node ? (node.String.sval ?? '') : '*'));
}

/** The columns that an expression names, without those of subqueries. */
export function columnsIn(value: unknown): readonly ColumnName[] {
  const columns: ColumnName[] = [];
  walk(value, (node) => {
    if ('ColumnRef' in node) columns.push(columnName(node.ColumnRef.fields));
    return !('SelectStmt' in node);
  });
  return columns;
}

/** `id`, `users.id` and `public.users.id`; the schema is dropped, since a qualifier is a table's name or alias. */
export function columnName(fields: readonly Node[] | undefined): ColumnName {
  const names = namesOf(fields);
  return { qualifier: names.at(-2) ?? null, column: names.at(-1) ?? '' };
}
