import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cached, contentKey } from '../../../local/template/cache.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portage-cache-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('two that start at once get one whole entry, and a later one makes nothing', async () => {
  let made = 0;
  const make = async (folder: string): Promise<void> => {
    writeFileSync(join(folder, 'a'), `${++made}`);
    await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(join(folder, 'b'), 'whole');
  };
  const entries = await Promise.all([cached(root, 'key', make), cached(root, 'key', make)]);
  expect(new Set(entries)).toEqual(new Set([join(root, 'key')]));
  expect(readdirSync(root)).toEqual(['key']);
  expect(readFileSync(join(root, 'key', 'b'), 'utf8')).toBe('whole');
  await cached(root, 'key', make);
  expect(made).toBe(2);
});

test('what fails half-way leaves no entry', async () => {
  const failing = cached(root, 'key', (folder) => {
    writeFileSync(join(folder, 'a'), 'half');
    return Promise.reject(new Error('no space'));
  });
  await expect(failing).rejects.toThrow('no space');
  expect(readdirSync(root)).toEqual([]);
});

test('entries unused for an hour go, except the newest', async () => {
  const old = new Date(Date.now() - 2 * 3_600_000);
  for (const name of ['1', '2', '3', '4', '5']) {
    mkdirSync(join(root, name));
    utimesSync(join(root, name), old, new Date(old.getTime() + Number(name)));
  }
  await cached(root, 'new', () => Promise.resolve());
  expect(readdirSync(root).toSorted()).toEqual(['3', '4', '5', 'new']);
});

test('a key changes with content, path and text, and not otherwise', () => {
  const write = (file: string, text: string): string => {
    mkdirSync(join(root, 'src'), { recursive: true });
    writeFileSync(join(root, 'src', file), text);
    return contentKey(root, ['src'], ['plan']);
  };
  const key = write('a.ts', 'one');
  expect(write('a.ts', 'one')).toBe(key);
  expect(write('a.ts', 'two')).not.toBe(key);
  write('a.ts', 'one');
  expect(contentKey(root, ['src'], ['plan2'])).not.toBe(key);
  expect(write('b.ts', '')).not.toBe(key);
});
