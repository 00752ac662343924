import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const FOLDERS = ['src', 'handlers', 'infra', 'local', 'examples', 'bench', 'bin'];

/** Who may import whom; a folder always may import itself. The longest prefix of a file's path is its folder. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'src/domain': [],
  'src/adapters': ['src/domain'],
  'src/client': ['src/domain', 'src/adapters'],
  'src/operator': ['src/domain', 'src/adapters'],
  handlers: ['src/domain', 'src/adapters'],
  infra: ['src/domain', 'handlers'],
  examples: ['src/domain', 'src/client'],
  local: ['src/domain', 'src/adapters', 'src/client', 'src/operator', 'handlers', 'infra', 'examples'],
  bench: ['src/domain', 'src/adapters', 'src/client', 'src/operator', 'handlers', 'infra', 'examples', 'local'],
  bin: ['src/operator'],
};

/**
 * Folders of src/domain by layer, the lowest first: a folder may import folders on lower layers only. '' is src/domain itself. A new
 * folder goes on the lowest layer that is above all it imports.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['', 'catalogue'],
  ['mapping/values', 'mode', 'plan', 'statements'],
  ['mapping/keys', 'ports'],
  ['auth', 'cutover', 'gates', 'key-ranges', 'lock', 'mapping', 'plan-draft', 'window'],
  ['mapping/items', 'progress'],
  ['mapping/patterns', 'plan-check/rules', 'protocol', 'recovery', 'verification/compare'],
  ['assess', 'decommission', 'plan-check', 'verification/bodies', 'verification/report'],
  ['ddl', 'generate', 'load', 'prerequisites', 'statements/served', 'verification/recheck'],
  ['verification/scan'],
  ['verification/run'],
];

/** Files of code beside each other in one folder. */
const MOST_FILES = 15;

/** Packages of the domain: no SDK, no I/O. */
const DOMAIN_PACKAGES = /^(?:zod|hash-wasm|node:crypto)$/;

const SPECIFIER =
  /(?:^|[\s;}])(?:import|export)\s(?:[^'"();]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Path in the repository, or null for a package. */
  readonly to: string | null;
}

function sources(folder: string): readonly string[] {
  const path = join(ROOT, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => /\.(?:ts|tsx|mjs)$/.test(name) && !/node_modules|cdk\.out|\.portage/.test(name));
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return [...text.matchAll(SPECIFIER)].map((match) => {
    const specifier = match[1] ?? match[2] ?? '';
    const to = specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : null;
    return { from: file, specifier, to };
  });
}

function folderOf(path: string): string | null {
  return Object.keys(ARROWS).find((folder) => path === folder || path.startsWith(`${folder}/`)) ?? null;
}

function layerOf(path: string): number {
  return LAYERS.findIndex((folders) => folders.includes(dirname(path).slice('src/domain/'.length)));
}

const imports = FOLDERS.flatMap(sources).flatMap(importsOf);

test('the test sees the imports of the whole tree', () => {
  expect(imports.length).toBeGreaterThan(200);
  expect(imports).toContainEqual(
    expect.objectContaining({ from: 'src/domain/mapping/items/encode.ts', to: 'src/domain/mapping/items/body-key.ts' }),
  );
});

test('imports point one way: handlers and adapters to the domain, local to all, nothing to local', () => {
  const wrong = imports.filter(({ from, to }) => {
    const [source, target] = [folderOf(from), to === null ? null : folderOf(to)];
    if (source === null || target === null || source === target) return false;
    return !(ARROWS[source] ?? []).includes(target);
  });
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('the domain has no SDK and does no I/O', () => {
  const wrong = imports.filter(
    ({ from, to, specifier }) => from.startsWith('src/domain/') && to === null && !DOMAIN_PACKAGES.test(specifier),
  );
  expect(wrong.map(({ from, specifier }) => `${from} -> ${specifier}`)).toEqual([]);
});

test('only handlers/wiring gives handlers their adapters', () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      from.startsWith('handlers/') && !from.startsWith('handlers/wiring/') && to?.startsWith('src/adapters/') === true,
  );
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('a folder of the domain imports folders on lower layers only', () => {
  const inside = imports.filter(({ from, to }) => from.startsWith('src/domain/') && to?.startsWith('src/domain/'));
  expect([...new Set(inside.map(({ from }) => from))].filter((file) => layerOf(file) === -1)).toEqual([]);
  const wrong = inside.filter(
    ({ from, to }) => to !== null && dirname(from) !== dirname(to) && layerOf(from) <= layerOf(to),
  );
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test(`no folder holds more than ${MOST_FILES} files of code`, () => {
  const counts = new Map<string, number>();
  for (const file of FOLDERS.flatMap(sources)) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
});

test('no file imports itself through others, types included', () => {
  const graph = new Map<string, string[]>();
  for (const { from, to } of imports) if (to !== null) graph.set(from, [...(graph.get(from) ?? []), to]);
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at !== -1) {
      cycles.push([...trail.slice(at), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) walk(next, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  expect(cycles).toEqual([]);
});
