import { existsSync } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Etags } from './etags.ts';

const SUFFIX = '._S3rver_object';

interface ListContext {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
}

/**
 * Replaces the emulator's ListObjectsV2, which signs continuation tokens with a cipher that OpenSSL
 * 3 no longer supports, and fails when an object is written during a listing.
 */
export function listObjects(
  directory: string,
  etags: Etags,
): (context: ListContext, next: () => Promise<unknown>) => Promise<void> {
  return async (context, next) => {
    const [, bucket = '', rest = ''] = /^\/([^/]+)\/?(.*)$/.exec(context.path) ?? [];
    const query = (name: string): string => [context.query[name]].flat()[0] ?? '';
    const isList = query('list-type') === '2' && context.method === 'GET' && rest === '';
    const keys = isList ? await keysIn(directory, bucket, query('prefix')) : null;
    if (keys === null) {
      await next();
      return;
    }
    const prefix = query('prefix');
    const token = query('continuation-token');
    const after = token === '' ? query('start-after') : Buffer.from(token, 'base64url').toString('utf8');
    const limit = Math.min(Number(query('max-keys') || 1000), 1000);
    const entries = group(keys, prefix, query('delimiter')).filter(({ name }) => compare(name, after) > 0);
    const page = entries.slice(0, limit);
    const last = page.at(-1);
    const isTruncated = entries.length > page.length;
    const objects = await Promise.all(
      page.filter(({ isPrefix }) => !isPrefix).map(({ name }) => describe(etags, directory, bucket, name)),
    );
    context.body = {
      ListBucketResult: {
        '@': { xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/' },
        Name: bucket,
        Prefix: prefix,
        KeyCount: page.length,
        MaxKeys: limit,
        IsTruncated: isTruncated,
        ...(isTruncated && last !== undefined
          ? { NextContinuationToken: Buffer.from(last.name, 'utf8').toString('base64url') }
          : {}),
        Contents: objects.flat(),
        CommonPrefixes: page.filter(({ isPrefix }) => isPrefix).map(({ name }) => ({ Prefix: name })),
      },
    };
  };
}

/**
 * Keys in order, or null if the bucket does not exist. Reads only folders that hold keys with the
 * prefix.
 */
async function keysIn(directory: string, bucket: string, prefix: string): Promise<readonly string[] | null> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  try {
    await access(join(directory, bucket));
    const keys = await filesIn(join(directory, bucket), folder, prefix);
    return keys.map((file) => file.slice(0, -SUFFIX.length)).sort(compare);
  } catch {
    return null;
  }
}

async function filesIn(root: string, folder: string, prefix: string): Promise<readonly string[]> {
  if (!existsSync(join(root, folder))) return [];
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = entries
    .filter(({ name }) => (folder + name).startsWith(prefix))
    .map(async (entry) => {
      if (!entry.isDirectory()) return entry.name.endsWith(SUFFIX) ? [folder + entry.name] : [];
      const below = `${folder}${entry.name}/`;
      return (await readdir(join(root, below), { recursive: true }))
        .filter((file) => file.endsWith(SUFFIX))
        .map((file) => below + file);
    });
  return (await Promise.all(found)).flat();
}

/** Keys with the prefix; those that share a text up to the delimiter are grouped. */
function group(
  keys: readonly string[],
  prefix: string,
  delimiter: string,
): readonly { readonly name: string; readonly isPrefix: boolean }[] {
  const entries = new Map<string, boolean>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end === -1) entries.set(key, false);
    else entries.set(key.slice(0, end + delimiter.length), true);
  }
  return [...entries].map(([name, isPrefix]) => ({ name, isPrefix }));
}

async function describe(etags: Etags, directory: string, bucket: string, key: string): Promise<readonly object[]> {
  const path = join(directory, bucket, key + SUFFIX);
  try {
    const found = await stat(path);
    const ETag = JSON.stringify(await etags.of(bucket, path, found));
    return [{ Key: key, LastModified: found.mtime.toISOString(), ETag, Size: found.size, StorageClass: 'STANDARD' }];
  } catch {
    return []; // deleted meanwhile
  }
}

/** S3 lists in the order of the keys' UTF-8 bytes. */
function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
