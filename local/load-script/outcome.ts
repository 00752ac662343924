import { oneLine } from '../process/startup-error.ts';

/** One kind of statement that had no effect, and why. */
export interface PassedOver {
  readonly what: string;
  readonly why: string;
  readonly times: number;
  readonly firstLine: number;
}

/** Outcome of a script's statements. */
export interface ScriptOutcome {
  readonly done: number;
  readonly passedOver: readonly PassedOver[];
  /** Failed statements that would have loaded rows. */
  readonly lost: readonly PassedOver[];
}

export class Tally {
  #done = 0;
  readonly #passedOver = new Map<string, PassedOver>();
  readonly #lost = new Map<string, PassedOver>();

  took(): void {
    this.#done += 1;
  }

  passOver(what: string, why: string, line: number): void {
    note(this.#passedOver, what, why, line, why);
  }

  failed(what: string, error: unknown, line: number): void {
    note(this.#passedOver, what, oneLine(error), line, sqlstateOf(error));
  }

  lost(what: string, error: unknown, line: number): void {
    note(this.#lost, what, oneLine(error), line, sqlstateOf(error));
  }

  outcome(): ScriptOutcome {
    return { done: this.#done, passedOver: [...this.#passedOver.values()], lost: [...this.#lost.values()] };
  }
}

/** One line per kind of skipped statement: how often, why, and where. */
export function passedOverLine({ what, why, times, firstLine }: PassedOver): string {
  const where = times === 1 ? `line ${firstLine}` : `${times} times, first in line ${firstLine}`;
  return `${what} (${where}): ${why}`;
}

export function sqlstateOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function note(notes: Map<string, PassedOver>, what: string, why: string, line: number, kind: string): void {
  const key = `${what} ${kind}`;
  const known = notes.get(key);
  notes.set(key, known === undefined ? { what, why, times: 1, firstLine: line } : { ...known, times: known.times + 1 });
}
