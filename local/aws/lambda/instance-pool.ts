import { Instance } from './instance.ts';
import type { LocalFunction } from './local-function.ts';

/** The instances of all functions of a host: a function has as many as it has events at a time, and idle ones are used again. */
export class InstancePool {
  readonly #maxIdle: number;
  readonly #all = new Set<Instance>();
  /** The one that was used last stands last. */
  readonly #idle: { readonly of: string; readonly instance: Instance }[] = [];

  /** Beyond `maxIdle` idle instances, whatever their functions, the one that was used longest ago is ended. */
  constructor(maxIdle: number) {
    this.#maxIdle = maxIdle;
  }

  take(local: LocalFunction): Instance {
    const at = this.#idle.findLastIndex(({ of, instance }) => of === codeOf(local) && instance.alive);
    const [idle] = at === -1 ? [] : this.#idle.splice(at, 1);
    if (idle !== undefined) return idle.instance;
    const instance = new Instance(local);
    this.#all.add(instance);
    return instance;
  }

  giveBack(local: LocalFunction, instance: Instance): void {
    if (!instance.alive) {
      this.#all.delete(instance);
      return;
    }
    this.#idle.push({ of: codeOf(local), instance });
    while (this.#idle.length > this.#maxIdle) {
      const oldest = this.#idle.shift();
      if (oldest === undefined) return;
      this.#all.delete(oldest.instance);
      void oldest.instance.end();
    }
  }

  /** Ends all instances, also those that are running. */
  async end(): Promise<void> {
    await Promise.all([...this.#all].map((instance) => instance.end()));
  }
}

function codeOf({ name, version }: LocalFunction): string {
  return `${name}:${version}`;
}
