import { chmod, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode } from './error-code.ts';

export interface CopyTree {
  readonly from: string;
  readonly to: string;
  /** Decides by the path below `from`: the whole entry, a folder without what is in it, or nothing. */
  readonly take: (path: string, isFolder: boolean) => 'all' | 'empty' | 'none';
}

/** Copies folders and plain files of a tree that others may be changing; what vanishes on the way is left out. */
export async function copyTree(tree: CopyTree): Promise<{ readonly bytes: number }> {
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  let bytes = 0;
  const folder = async (path: string, empty: boolean): Promise<void> => {
    await mkdir(join(tree.to, path), { recursive: true, mode: 0o700 });
    await chmod(join(tree.to, path), 0o700);
    if (empty) return;
    for (const entry of await ignoreVanished(readdir(join(tree.from, path), { withFileTypes: true }), [])) {
      const below = join(path, entry.name);
      const take = tree.take(below, entry.isDirectory());
      if (take === 'none') continue;
      if (entry.isDirectory()) await folder(below, take === 'empty');
      else if (entry.isFile()) bytes += await ignoreVanished(copyFile(tree, below, buffer), 0);
      else throw new Error(`${join(tree.from, below)} is neither a file nor a folder (a tablespace?): not supported`);
    }
  };
  await folder('', false);
  return { bytes };
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
