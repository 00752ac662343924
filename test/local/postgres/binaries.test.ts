import { expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinaries, linkLibraries } from '../../../local/postgres/binaries.ts';

test('library links that npm left out are made, those that are there stay', async () => {
  const root = mkdtempSync(join(tmpdir(), 'portage-binaries-'));
  try {
    const native = join(root, 'native');
    mkdirSync(join(native, 'lib'), { recursive: true });
    writeFileSync(join(native, 'lib', 'libicu.so.60.2'), '');
    const links = ['libicu.so', 'libicu.so.60'].map((name) => ({
      source: 'native/lib/libicu.so.60.2',
      target: `native/lib/${name}`,
    }));
    writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
    await linkLibraries(native);
    await linkLibraries(native);
    expect(readlinkSync(join(native, 'lib', 'libicu.so.60'))).toBe('libicu.so.60.2');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('the programs of this platform are found', async () => {
  const { initdb, postgres } = await findBinaries();
  expect([initdb, postgres]).toEqual([expect.stringMatching(/initdb$/), expect.stringMatching(/postgres$/)]);
});
