import * as z from 'zod';
import { codeOf } from './error-code.ts';

/** The program cannot start, or go on, as asked; the message is one line that ends with the remedy. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

/** The message of anything thrown, on one line. */
export function oneLine(thrown: unknown): string {
  const text =
    thrown instanceof z.ZodError ? z.prettifyError(thrown) : thrown instanceof Error ? thrown.message : String(thrown);
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Refuses a Node that cannot `require` ECMAScript modules, which cognito-local does. */
export function checkNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new StartupError(
    `Node ${version} is too old: install Node 20.19 or newer (https://nodejs.org), then run again`,
  );
}

const OTHER_DIRECTORY = 'or choose another directory with --data-dir';

/** What to do about errors of the file system that a first run meets, by their code. */
const FILE_PROBLEMS: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
  EACCES: ['permission denied', `give this user write access, ${OTHER_DIRECTORY}`],
  EPERM: ['permission denied', `give this user write access, ${OTHER_DIRECTORY}`],
  EROFS: ['the file system is read-only', `make it writable, ${OTHER_DIRECTORY}`],
  ENOSPC: ['no space is left on the disk', `free some space and run again, ${OTHER_DIRECTORY}`],
  EDQUOT: ['the disk quota is used up', `free some space and run again, ${OTHER_DIRECTORY}`],
  EFBIG: ['the file exceeds the size limit of this process', `raise the limit (ulimit -f), ${OTHER_DIRECTORY}`],
  ENOTDIR: ['a file is where a directory is needed', `move the file away, ${OTHER_DIRECTORY}`],
  EEXIST: ['a file is where a directory is needed', `move the file away, ${OTHER_DIRECTORY}`],
  EISDIR: ['a directory is where a file is needed', `move the directory away, ${OTHER_DIRECTORY}`],
};

/** The same problems in the words of programs such as initdb. */
const FILE_MESSAGES: readonly (readonly [RegExp, keyof typeof FILE_PROBLEMS])[] = [
  [/no space left on device/i, 'ENOSPC'],
  [/disk quota exceeded/i, 'EDQUOT'],
  [/read-only file system/i, 'EROFS'],
  [/permission denied/i, 'EACCES'],
];

/**
 * Translates an error of the file system into a StartupError that names the path and the remedy. Anything else comes
 * back as it is.
 *
 * @param thrown an error of Node's file system functions
 * @param path what was being written, for errors that do not name it
 */
export function withRemedy(thrown: unknown, path?: string): unknown {
  if (thrown instanceof StartupError) return thrown;
  const code = codeOf(thrown);
  const at = pathOf(thrown) ?? path;
  return code === null ? thrown : (fileError(code, at, thrown) ?? thrown);
}

/** Translates the output of a program that failed for want of space or permission; null for any other output. */
export function outputWithRemedy(output: string, path: string): StartupError | null {
  const code = FILE_MESSAGES.find(([pattern]) => pattern.test(output))?.[1];
  return code === undefined ? null : fileError(code, path, output);
}

function fileError(code: string, path: string | undefined, cause: unknown): StartupError | null {
  const found = FILE_PROBLEMS[code];
  // Without a path the code comes from elsewhere: a port may be refused with EACCES, too.
  if (found === undefined || path === undefined) return null;
  const [problem, remedy] = found;
  return new StartupError(`cannot write ${path}: ${problem}; ${remedy}`, { cause });
}

function pathOf(thrown: unknown): string | undefined {
  return typeof thrown === 'object' && thrown !== null && 'path' in thrown && typeof thrown.path === 'string'
    ? thrown.path
    : undefined;
}
