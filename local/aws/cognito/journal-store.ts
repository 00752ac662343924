import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { writeAtomic } from '../../process/write-atomic.ts';
import * as z from 'zod';

const entrySchema = z.object({ key: z.array(z.string()), value: z.unknown().optional() });
type Key = string | readonly string[];
interface Tree {
  [name: string]: unknown;
}

/**
 * A store for the emulator that appends each change to a file instead of rewriting the whole file:
 * 2,000 users cost no more than 20, and a kill can tear only the last line, which is then ignored.
 */
export class JournalStore {
  readonly #file: string;
  readonly #root: Tree;

  constructor(directory: string, id: string, defaults: Tree) {
    mkdirSync(directory, { recursive: true });
    this.#file = join(directory, `${id}.jsonl`);
    this.#root = defaults;
    if (existsSync(this.#file)) for (const line of readFileSync(this.#file, 'utf8').split('\n')) this.#replay(line);
    const lines = Object.entries(this.#root).map(([name, value]) => serialize([name], value));
    writeAtomic(this.#file, lines.join(''));
  }

  async get(_context: unknown, key: Key, otherwise: unknown = null): Promise<unknown> {
    let found: unknown = this.#root;
    for (const name of [key].flat()) found = isTree(found) ? found[name] : undefined;
    return found ?? otherwise;
  }

  async getRoot(): Promise<unknown> {
    return this.#root;
  }

  async set(_context: unknown, key: Key, value: unknown): Promise<void> {
    const path = [key].flat();
    keepLastTokens(value);
    appendFileSync(this.#file, serialize(path, value));
    this.#put(path, value);
  }

  async delete(_context: unknown, key: Key): Promise<void> {
    const path = [key].flat();
    appendFileSync(this.#file, serialize(path, undefined));
    this.#put(path, undefined);
  }

  #replay(line: string): void {
    try {
      const { key, value } = entrySchema.parse(JSON.parse(line, reviveDates));
      this.#put(key, value);
    } catch {
      // Torn by a kill: its caller never received a response.
    }
  }

  #put(path: readonly string[], value: unknown): void {
    let tree = this.#root;
    for (const name of path.slice(0, -1)) {
      const next = tree[name];
      const branch: Tree = isTree(next) ? next : {};
      tree[name] = branch;
      tree = branch;
    }
    const last = path.at(-1);
    if (last === undefined) return;
    if (value === undefined) delete tree[last];
    else tree[last] = value;
  }
}

function serialize(key: readonly string[], value: unknown): string {
  return `${JSON.stringify({ key, value })}\n`;
}

/** The emulator recognises dates by the suffix of their names. */
function reviveDates(name: string, value: unknown): unknown {
  return name.endsWith('Date') && typeof value === 'string' ? new Date(value) : value;
}

/** It keeps every refresh token; a busy user's record would grow without limit. */
function keepLastTokens(value: unknown): void {
  if (!isTree(value) || !Array.isArray(value['RefreshTokens'])) return;
  value['RefreshTokens'].splice(0, value['RefreshTokens'].length - 3);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}
