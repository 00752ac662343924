import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The simulated clock's lead over real time, kept in a file so that a restart continues from there.
 */
export interface Offset {
  get(): number;
  set(ms: number): void;
}

/**
 * Reads the offset from the file, 0 if there is none yet; a new offset replaces the file
 * atomically.
 */
export function openOffset(file: string): Offset {
  let current = read(file);
  return {
    get: () => current,
    set: (ms) => {
      mkdirSync(dirname(file), { recursive: true });
      const draft = `${file}.new`;
      writeFileSync(draft, `${ms}\n`);
      renameSync(draft, file);
      current = ms;
    },
  };
}

function read(file: string): number {
  if (!existsSync(file)) return 0;
  const offset = Number(readFileSync(file, 'utf8'));
  return Number.isFinite(offset) && offset > 0 ? offset : 0;
}
