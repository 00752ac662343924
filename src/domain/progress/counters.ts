import { RecordChanged, ValueRefused } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlTable } from '../ports/control.ts';

/** A column that the plan's rule `counter` numbers. Entities of one table share it, as they shared the sequence. */
export interface Counter {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

const KIND = 'COUNTER';
const TRIES = 12;

/** Whether any column of the plan is numbered by `counter`. */
export function countsOn(plan: Plan): boolean {
  return Object.values(plan.entities).some(({ defaults }) => Object.values(defaults).includes('counter'));
}

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
 * Starts counters above what the source has given out, while nothing writes (`drained`). May be repeated: a counter only rises, and the
 * condition on its revision keeps a zombie from turning one back under its users (RACE-47).
 */
export async function startCounters(
  control: ControlTable,
  counters: readonly Counter[],
  highest: (counter: Counter) => Promise<bigint>,
): Promise<void> {
  for (const counter of counters) {
    const found = await control.read<string>(KIND, idOf(counter));
    const next = (await highest(counter)) + 1n;
    if (found === null || BigInt(found.value) < next)
      await control.write(KIND, idOf(counter), String(next), found?.revision ?? 0);
  }
}

/** Takes the next `count` numbers for this caller alone, and answers the first. What is not used is a gap, as with sequences. */
export async function takeNumbers(
  control: ControlTable,
  counter: Counter,
  count: number,
  pause: (tries: number) => Promise<void>,
): Promise<bigint> {
  for (let tries = 1; ; tries++) {
    const found = await control.read<string>(KIND, idOf(counter));
    if (found === null)
      throw new ValueRefused({
        entity: counter.table,
        column: counter.column,
        reason: 'its counter was not started, which the move to complete does',
      });
    const first = BigInt(found.value);
    try {
      await control.write(KIND, idOf(counter), String(first + BigInt(count)), found.revision);
      return first;
    } catch (error) {
      if (!(error instanceof RecordChanged) || tries === TRIES) throw error;
      await pause(tries);
    }
  }
}

function idOf({ table, column }: Counter): string {
  return `${table} ${column}`;
}
