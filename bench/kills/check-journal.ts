import type { Operation } from './journal.ts';

/**
 * What is wrong with the cells that one writer alone has written. An acknowledged operation stands until a later one, a refused one is
 * nowhere, an unknown one is either, but in all of its cells alike.
 */
export function judge(
  writer: string,
  operations: readonly Operation[],
  found: (cell: string) => string | null,
): readonly string[] {
  const possible = new Map<string, Set<string | null>>();
  const last = new Map<string, number>();
  for (const [at, { wants, outcome }] of operations.entries()) {
    if (outcome === 'refused') continue;
    for (const [cell, value] of Object.entries(wants)) {
      if (outcome === 'acknowledged') possible.set(cell, new Set([value]));
      else possible.set(cell, new Set([...(possible.get(cell) ?? ['first', null]), value]));
      last.set(cell, at);
    }
  }
  const lost = [...possible].flatMap(([cell, values]) =>
    values.has(found(cell))
      ? []
      : [`${writer}: ${cell} is ${String(found(cell))}, and may be ${[...values].map(String).join(' or ')}`],
  );
  const torn = operations.flatMap(({ wants, outcome }, at) => {
    const cells = Object.entries(wants).filter(([cell]) => last.get(cell) === at);
    if (outcome !== 'unknown' || cells.length < Object.keys(wants).length) return [];
    const shown = cells.filter(([cell, value]) => found(cell) === value);
    return shown.length === 0 || shown.length === cells.length
      ? []
      : [`${writer}: operation ${at} is half there: ${JSON.stringify(wants)}, shown ${JSON.stringify(shown)}`];
  });
  return [...lost, ...torn];
}
