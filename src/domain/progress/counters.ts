import { mapConcurrently } from '../concurrency.ts';
import { RecordChanged, ValueRefused } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlTable } from '../ports/control.ts';

/** A column that gets its numbers by the plan's rule `counter`. Entities of one table share it, as they shared the sequence. */
export interface Counter {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

const KIND = 'COUNTER';
const MAX_ATTEMPTS = 12;
const AT_ONCE = 16;

/** Whether any column of the plan uses the rule `counter`. */
export function countsOn(plan: Plan): boolean {
  return Object.values(plan.entities).some(({ defaults }) => Object.values(defaults).includes('counter'));
}

/** The counters of a plan, one per column. */
export function countersOf(plan: Plan, mapping: Mapping): readonly Counter[] {
  const counters = new Map<string, Counter>();
  for (const [name, { defaults }] of Object.entries(plan.entities)) {
    const entity = mapping.entities[name];
    if (entity === undefined) continue;
    for (const [column, rule] of Object.entries(defaults))
      if (rule === 'counter')
        counters.set(`${entity.table} ${column}`, { schema: entity.schema, table: entity.table, column });
  }
  return [...counters.values()];
}

/**
 * Starts counters above the highest number that the source has assigned, while nothing writes (`drained`). May be repeated: a counter only
 * rises, and the write is conditional on its revision, so that a zombie cannot reset a counter in use (RACE-47).
 */
export async function startCounters(
  control: ControlTable,
  counters: readonly Counter[],
  highestNumbers: (counters: readonly Counter[]) => Promise<readonly bigint[]>,
): Promise<void> {
  // Writes are refused meanwhile, so the hundreds of counters of a large schema are asked for and written together.
  const highest = await highestNumbers(counters);
  await mapConcurrently(AT_ONCE, [...counters.entries()], async ([at, counter]) => {
    const found = await control.read<string>(KIND, idOf(counter));
    const next = (highest[at] ?? 0n) + 1n;
    if (found === null || BigInt(found.value) < next)
      await control.write(KIND, idOf(counter), String(next), found?.revision ?? 0);
  });
}

/** Reserves the next `count` numbers for this caller and returns the first. Unused numbers are gaps, as with sequences. */
export async function takeNumbers(
  control: ControlTable,
  counter: Counter,
  count: number,
  pause: (attempt: number) => Promise<void>,
): Promise<bigint> {
  for (let attempt = 1; ; attempt++) {
    const found = await control.read<string>(KIND, idOf(counter));
    if (found === null)
      throw new ValueRefused({
        entity: counter.table,
        column: counter.column,
        reason: 'its counter was not started; the move to complete starts it',
      });
    const first = BigInt(found.value);
    try {
      await control.write(KIND, idOf(counter), String(first + BigInt(count)), found.revision);
      return first;
    } catch (error) {
      if (!(error instanceof RecordChanged) || attempt === MAX_ATTEMPTS) throw error;
      await pause(attempt);
    }
  }
}

function idOf({ table, column }: Counter): string {
  return `${table} ${column}`;
}
