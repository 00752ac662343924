import { residentBytes } from './memory.ts';

interface StackProcess {
  readonly name: string;
  readonly pid: number;
}

/** What has been started so far, to be stopped in the opposite order; a part that dies meanwhile is reported once. */
export class StackLifecycle {
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #processes: StackProcess[] = [];
  #stopping: Promise<void> | null = null;

  /** Runs these starts side by side; when one fails the others are waited for, so that all can be stopped. */
  static async startAll<T extends readonly Promise<unknown>[]>(
    ...starts: T
  ): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
    await Promise.allSettled(starts);
    return Promise.all(starts);
  }

  get isStopping(): boolean {
    return this.#stopping !== null;
  }

  /** Takes a part aboard as soon as it has started. */
  async add<T extends { stop(): Promise<void>; readonly pid?: number }>(
    name: string,
    starting: Promise<T>,
  ): Promise<T> {
    const part = await starting;
    this.#stops.push(() => part.stop());
    if (part.pid !== undefined) this.#processes.push({ name, pid: part.pid });
    return part;
  }

  /** Something to be done at the end, before what was added earlier is stopped. */
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
