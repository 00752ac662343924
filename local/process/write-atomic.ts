import { fstatSync, ftruncateSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { withRemedy } from './startup-error.ts';

/** Writes a file atomically: to a temporary file that is then renamed. Readers see the old or the new content, never a part. */
export function writeAtomic(file: string, text: string): void {
  try {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  } catch (error) {
    throw withRemedy(error, file);
  }
}

/**
 * Appends text to an open file, all of it or none: where the disk fills up half-way, the part that was written is cut
 * off again, so that a later line does not continue a torn one. Throws a StartupError that names `file`.
 */
export function appendWhole(descriptor: number, text: string, file: string): void {
  const size = fstatSync(descriptor).size;
  const bytes = Buffer.from(text);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    cutBack(descriptor, size);
    throw withRemedy(error, file);
  }
}

function cutBack(descriptor: number, size: number): void {
  try {
    ftruncateSync(descriptor, size);
  } catch {
    // The write error is the one to report; readers skip a torn last line.
  }
}
