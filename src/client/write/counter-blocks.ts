import type { TextRow } from '../../domain/mapping/items/application-row.ts';
import type { Mapping } from '../../domain/mapping/mapping.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { ControlTable } from '../../domain/ports/control.ts';
import { type Counter, countersOf, takeNumbers } from '../../domain/progress/counters.ts';
import type { Clock } from '../../domain/ports/clock.ts';

/** Numbers taken at once: one request to the control table for as many new rows. */
const BLOCK_SIZE = 20n;

/** Numbers for columns with the rule `counter`, once PostgreSQL gives none any more. */
export class CounterBlocks {
  readonly #control: ControlTable;
  readonly #plan: Plan;
  readonly #clock: Clock;
  readonly #blocks = new Map<string, { next: bigint; end: bigint }>();
  readonly #pending = new Map<string, Promise<bigint>>();

  constructor(control: ControlTable, plan: Plan, clock: Clock) {
    this.#control = control;
    this.#plan = plan;
    this.#clock = clock;
  }

  /** What a new row of the entity gets for the counted columns that it does not name. */
  async forRow(mapping: Mapping, entity: string, row: TextRow): Promise<TextRow> {
    const table = mapping.entities[entity]?.table;
    const numbers: Record<string, string> = {};
    for (const counter of countersOf(this.#plan, mapping))
      if (counter.table === table && !Object.hasOwn(row, counter.column))
        numbers[counter.column] = String(await this.#next(counter));
    return numbers;
  }

  async #next(counter: Counter): Promise<bigint> {
    const id = `${counter.table} ${counter.column}`;
    for (;;) {
      const block = this.#blocks.get(id);
      if (block !== undefined && block.next < block.end) return block.next++;
      // Writers of this process that wait at the same time share the block.
      const pending =
        this.#pending.get(id) ?? takeNumbers(this.#control, counter, Number(BLOCK_SIZE), (tries) => this.#pause(tries));
      this.#pending.set(id, pending);
      try {
        const first = await pending;
        if (this.#pending.get(id) === pending) this.#blocks.set(id, { next: first, end: first + BLOCK_SIZE });
      } finally {
        if (this.#pending.get(id) === pending) this.#pending.delete(id);
      }
    }
  }

  #pause(tries: number): Promise<void> {
    return this.#clock.sleep(5 * 2 ** Math.min(tries, 6) * Math.random());
  }
}
