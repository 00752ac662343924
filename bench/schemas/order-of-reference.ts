import type { TableShape } from './read-shapes.ts';

/** Parents before children; a cycle begins with the table that waits for the fewest others. */
export function inOrderOfReference(shapes: readonly TableShape[]): readonly TableShape[] {
  const ordered: TableShape[] = [];
  const left = new Set(shapes);
  while (left.size > 0) {
    const names = new Set([...left].map(({ table }) => table.name));
    const waits = (shape: TableShape, all: boolean): number =>
      shape.table.foreignKeys.filter(
        ({ columns, references }) =>
          references.table !== shape.table.name &&
          names.has(references.table) &&
          (all || columns.every((name) => shape.columns.find((column) => column.name === name)?.notNull === true)),
      ).length;
    const [next] = [...left].sort(
      (one, other) => waits(one, false) - waits(other, false) || waits(one, true) - waits(other, true),
    );
    if (next === undefined) break;
    left.delete(next);
    ordered.push(next);
  }
  return ordered;
}
