import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Handler files by the name of their function: handlers/dual-write/load-segment.ts is `load-segment`. Throws where two files
 * would be one function.
 */
export function handlerFiles(folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || dirname(file) === 'wiring') continue;
    const name = basename(file, '.ts');
    const other = files.get(name);
    if (other !== undefined)
      throw new Error(
        `${join(folder, file)} and ${other} have one name; functions are named by their file, so rename one`,
      );
    files.set(name, join(folder, file));
  }
  return files;
}
