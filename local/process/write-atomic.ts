import { renameSync, writeFileSync } from 'node:fs';

/** Writes a file that is either as it was or as it is now, whenever this process is killed. */
export function writeAtomic(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
