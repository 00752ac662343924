import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const FOLDERS = ['src', 'handlers', 'infra', 'local', 'examples', 'bench', 'bin'];

/** Who may import whom (DESIGN 1); a folder always may import itself. The longest prefix of a file's path is its folder. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'src/domain': [],
  'src/adapters': ['src/domain'],
  'src/client': ['src/domain', 'src/adapters'],
  'src/operator': ['src/domain', 'src/adapters'],
  handlers: ['src/domain', 'src/adapters'],
  infra: ['src/domain'],
  examples: ['src/domain', 'src/client'],
  local: ['src/domain', 'src/adapters', 'src/client', 'src/operator', 'handlers', 'infra', 'examples'],
  bench: ['src/domain', 'src/adapters', 'src/client', 'src/operator', 'handlers', 'infra', 'examples', 'local'],
  bin: ['src/operator'],
};

/** Packages of the domain: no SDK, no I/O. */
const DOMAIN_PACKAGES = /^(?:zod|hash-wasm|node:crypto)$/;

const SPECIFIER =
  /(?:^|[\s;}])(?:import|export)\s(?:[^'"();]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Path in the repository, or null for a package. */
  readonly to: string | null;
  readonly typeOnly: boolean;
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
    return {
      from: file,
      specifier,
      to,
      typeOnly: /^\s*(?:import|export)\s+type\s/.test(match[0].replace(/^[;}]/, '')),
    };
  });
}

function folderOf(path: string): string | null {
  return Object.keys(ARROWS).find((folder) => path === folder || path.startsWith(`${folder}/`)) ?? null;
}

const imports = FOLDERS.flatMap(sources).flatMap(importsOf);

test('the test sees the imports of the whole tree', () => {
  expect(imports.length).toBeGreaterThan(200);
  expect(imports).toContainEqual(
    expect.objectContaining({ from: 'src/domain/mapping/encode.ts', to: 'src/domain/mapping/body-key.ts' }),
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

test('only compose and its parts wire adapters into handlers', () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      from.startsWith('handlers/') && !from.startsWith('handlers/compose') && to?.startsWith('src/adapters/') === true,
  );
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('no file imports itself through others', () => {
  const graph = new Map<string, string[]>();
  // Types vanish at run time: two files may know each other's.
  for (const { from, to, typeOnly } of imports)
    if (to !== null && !typeOnly) graph.set(from, [...(graph.get(from) ?? []), to]);
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
