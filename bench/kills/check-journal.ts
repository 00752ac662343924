import type { JournaledWrite } from './journal.ts';

/**
 * Errors in the cells that only one writer wrote. An acknowledged operation is present until a later one replaces it, a refused one is
 * absent, and an unknown one is either present or absent, in all of its cells alike.
 */
export function checkJournal(
  writer: string,
  writes: readonly JournaledWrite[],
  found: (cell: string) => string | null,
): readonly string[] {
  const possible = new Map<string, Set<string | null>>();
  const last = new Map<string, number>();
  for (const [at, { expected, outcome }] of writes.entries()) {
    if (outcome === 'refused') continue;
    for (const [cell, value] of Object.entries(expected)) {
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
  const torn = writes.flatMap(({ expected, outcome }, at) => {
    const cells = Object.entries(expected).filter(([cell]) => last.get(cell) === at);
    if (outcome !== 'unknown' || cells.length < Object.keys(expected).length) return [];
    const shown = cells.filter(([cell, value]) => found(cell) === value);
    return shown.length === 0 || shown.length === cells.length
      ? []
      : [`${writer}: operation ${at} is half there: ${JSON.stringify(expected)}, shown ${JSON.stringify(shown)}`];
  });
  return [...lost, ...torn];
}
