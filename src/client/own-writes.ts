import type { Item } from '../domain/item.ts';
import type { Clock } from '../domain/ports/clock.ts';

/** How long an index or an eventually consistent read may lag behind a write. */
const RECENT_MS = 5_000;
const MAX_PARTITIONS = 20_000;

/** Partitions that this process has written lately: its readers must see what they were told is done (RACE-41). */
export class OwnWrites {
  readonly #clock: Clock;
  readonly #written = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  record(item: Item): void {
    for (const [name, value] of Object.entries(item)) {
      if (!name.endsWith('PK') || !('S' in value)) continue;
      const partition = `${name.slice(0, -2)} ${value.S}`;
      this.#written.delete(partition);
      this.#written.set(partition, this.#clock.monotonic());
    }
    for (const [partition, at] of this.#written) {
      if (this.#written.size <= MAX_PARTITIONS && this.#clock.monotonic() - at <= RECENT_MS) break;
      this.#written.delete(partition);
    }
  }

  /** True when an eventually consistent read of this partition might miss a write of this process. */
  recent(index: string | null, partition: string): boolean {
    const at = this.#written.get(`${index ?? ''} ${partition}`);
    return at !== undefined && this.#clock.monotonic() - at <= RECENT_MS;
  }
}
