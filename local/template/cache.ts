import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Entries of a kind that are kept, and for how long an unused one beyond them is: another stack may still run from it. */
const KEPT = 4;
const UNUSED_MS = 3_600_000;

/**
 * The folder `<directory>/<key>`, made by `make` unless it is there. What is made becomes visible whole or not at all, so that stacks which
 * start at the same time may use one cache. Entries that nobody has used for an hour are removed, except the newest.
 */
export async function cached(directory: string, key: string, make: (folder: string) => Promise<void>): Promise<string> {
  const entry = join(directory, key);
  if (existsSync(entry)) {
    touch(entry);
    return entry;
  }
  const draft = join(directory, `${key}.${randomUUID()}`);
  mkdirSync(draft, { recursive: true });
  try {
    await make(draft);
    publish(draft, entry);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  removeUnused(directory);
  return entry;
}

/** A hash of these files, and of all files below these folders, by their contents and their paths from the root; and of more. */
export function contentKey(root: string, paths: readonly string[], more: readonly string[] = []): string {
  const hash = createHash('sha256');
  for (const path of paths)
    for (const file of filesOf(join(root, path))) {
      const content = readFileSync(file);
      hash.update(`${relative(root, file)}\0${content.byteLength}\0`).update(content);
    }
  for (const text of more) hash.update(`${text.length}\0${text}`);
  return hash.digest('hex').slice(0, 32);
}

function filesOf(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** Another process may have been first: then its entry, which has the same content, stays. */
function publish(draft: string, entry: string): void {
  try {
    renameSync(draft, entry);
  } catch (error) {
    if (!existsSync(entry)) throw error;
  }
}

function touch(entry: string): void {
  const now = new Date();
  utimesSync(entry, now, now);
}

function removeUnused(directory: string): void {
  const entries = readdirSync(directory)
    .map((name) => join(directory, name))
    .map((path) => ({ path, usedAt: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((a, b) => b.usedAt - a.usedAt);
  for (const { path, usedAt } of entries.slice(KEPT))
    if (usedAt < Date.now() - UNUSED_MS) rmSync(path, { recursive: true, force: true });
}
