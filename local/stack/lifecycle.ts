import { residentBytes } from './memory.ts';

interface StackProcess {
  readonly name: string;
  readonly pid: number;
}

/** The parts started so far; stops them in the opposite order, once. */
export class StackLifecycle {
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #processes: StackProcess[] = [];
  #stopping: Promise<void> | null = null;

  /** Waits for all starts, even when one fails, so that everything that started can be stopped. */
  static async startAll<T extends readonly Promise<unknown>[]>(
    ...starts: T
  ): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
    await Promise.allSettled(starts);
    return Promise.all(starts);
  }

  get isStopping(): boolean {
    return this.#stopping !== null;
  }

  /** Registers a part once it has started. */
  async add<T extends { stop(): Promise<void>; readonly pid?: number }>(
    name: string,
    starting: Promise<T>,
  ): Promise<T> {
    const part = await starting;
    this.#stops.push(() => part.stop());
    if (part.pid !== undefined) this.#processes.push({ name, pid: part.pid });
    return part;
  }

  /** Registers an action for the end; it runs before the parts added earlier are stopped. */
  atEnd(action: () => Promise<void> | void): void {
    this.#stops.push(async () => action());
  }

  processes(): readonly StackProcess[] {
    return [{ name: 'orchestrator', pid: process.pid }, ...this.#processes];
  }

  /** Stops everything, once; the first failure is thrown after all have been tried. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const stop of this.#stops.toReversed()) await stop().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }
}

/** Resident memory of these processes in bytes, summed by name. */
export function memoryOf(processes: readonly StackProcess[]): Readonly<Record<string, number>> {
  const bytes: Record<string, number> = {};
  for (const { name, pid } of processes) bytes[name] = (bytes[name] ?? 0) + residentBytes(pid);
  return bytes;
}
