import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode } from '../process/error-code.ts';

export interface CopyTree {
  readonly from: string;
  readonly to: string;
  /** Decides by the path below `from`: the whole entry, a folder without what is in it, or nothing. */
  readonly take: (path: string) => 'all' | 'empty' | 'none';
}

/**
 * Number of concurrent copies; a database has many small files, and each needs several system
 * calls.
 */
const WORKERS = 4;

/** Copies folders and plain files of a tree that may change meanwhile; what vanishes is skipped. */
export async function copyTree(tree: CopyTree): Promise<{ readonly bytes: number }> {
  const files: string[] = [];
  await copyFolders(tree, '', files);
  const sums = await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      const buffer = Buffer.allocUnsafe(256 * 1024);
      let bytes = 0;
      for (let file = files.pop(); file !== undefined; file = files.pop()) {
        bytes += await ignoreVanished(copyFile(tree, file, buffer), 0);
      }
      return bytes;
    }),
  );
  return { bytes: sums.reduce((total, bytes) => total + bytes, 0) };
}

/** Creates the folders and lists the files to copy. */
async function copyFolders(tree: CopyTree, path: string, files: string[]): Promise<void> {
  await mkdir(join(tree.to, path), { recursive: true, mode: 0o700 });
  for (const entry of await ignoreVanished(readdir(join(tree.from, path), { withFileTypes: true }), [])) {
    const below = join(path, entry.name);
    const take = tree.take(below);
    if (take === 'none') continue;
    if (entry.isFile()) files.push(below);
    else if (!entry.isDirectory())
      throw new Error(`${join(tree.from, below)} is a link (a tablespace?): not supported`);
    else if (take === 'all') await copyFolders(tree, below, files);
    else await mkdir(join(tree.to, below), { recursive: true, mode: 0o700 });
  }
}

/**
 * Reads to the end as found while reading. Not fs.copyFile: it copies as many bytes as there were at the start, and a table
 * may be truncated meanwhile.
 */
async function copyFile(tree: CopyTree, path: string, buffer: Buffer): Promise<number> {
  const source = await open(join(tree.from, path), 'r');
  try {
    const target = await open(join(tree.to, path), 'w', 0o600);
    try {
      for (let total = 0; ;) {
        const { bytesRead } = await source.read(buffer, 0, buffer.length);
        if (bytesRead === 0) return total;
        await target.writeFile(buffer.subarray(0, bytesRead));
        total += bytesRead;
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function ignoreVanished<T>(promise: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return otherwise;
    throw error;
  }
}
