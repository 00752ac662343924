import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { childEnvironment, tsxArguments } from '../../../local/process/fork-part.ts';

const script = fileURLToPath(new URL('../../../local/demo/main.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'portage-demo-start-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function file(name: string, text: string): string {
  writeFileSync(join(root, name), text);
  return join(root, name);
}

function demo(...args: readonly string[]): { readonly code: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [...tsxArguments(), script, ...args], {
    encoding: 'utf8',
    env: childEnvironment(),
  });
  return { code: status, stderr };
}

test('wrong input is one line with a remedy, and leaves an earlier run as it was', () => {
  const dataDir = join(root, 'data');
  const options = ['--data-dir', dataDir];
  const good = file('good.sql', 'SELECT 1;');
  const notJson = file('not-json.json', '{ "name": ');
  const wrongShape = file('wrong-shape.json', '{ "name": 7 }');
  const plain = file('plain', '');
  const cases: readonly (readonly [string[], RegExp])[] = [
    [[...options, '--plan', notJson], /^error: .*not-json\.json: line 1, column \d+: this is not JSON\. Look .*\n$/],
    [[...options, '--plan', wrongShape, '--sql', good], /^error: .*wrong-shape\.json: name: .*\. .*\n$/],
    [
      [...options, '--plan', join(root, 'none.json')],
      /^error: there is no plan .*none\.json: name one with --plan FILE\n$/,
    ],
    [
      [...options, '--plan', 'examples/lending/plan.json', '--sql', join(root, 'none.sql')],
      /^error: there is no script .*none\.sql: name a file with --sql FILE\n$/,
    ],
    [
      [...options, '--report', join(root, 'none', 'r.json')],
      /^error: cannot write the report .*: name a file in a directory .*\n$/,
    ],
    [['--data-dir', join(plain, 'data')], /^error: cannot write .*: a file is where a directory is needed; move .*\n$/],
    [[...options, '--resume'], /^error: there is no demo to resume in .*: leave out --resume\n$/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = demo(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  }
  expect(existsSync(dataDir)).toBe(false);
  expect(readFileSync(plain, 'utf8')).toBe('');
}, 120_000);
