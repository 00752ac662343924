import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { createProgram } from '../../src/operator/main.ts';
import { formatError } from '../../src/operator/format-error.ts';
import { portage } from './portage.ts';

const root = join(import.meta.dirname, '../..');
const plan = join(root, 'examples/campaigns/plan.json');
const folder = mkdtempSync(join(tmpdir(), 'portage-operator-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command as a shell runs it. */
function shell(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  return new Promise((resolve) => {
    const script = join(root, 'src/operator/portage.mjs');
    const child = execFile(
      process.execPath,
      [script, ...args],
      { env: { PATH: process.env['PATH'] } },
      (_, out, error) => resolve({ code: child.exitCode ?? 1, out, error }),
    );
  });
}

test('the command runs by itself, and a missing option is one line with exit code 1', async () => {
  expect(await shell('--version')).toMatchObject({ code: 0, out: '0.1.0\n' });
  const { code, error } = await shell('approve', 'decommission');
  expect(code).toBe(1);
  expect(error).toBe("portage: required option '--by <name>' not specified; see portage --help\n");
}, 120_000);

test('every command that answers takes --json', () => {
  const { commands } = createProgram();
  const answering = commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
  for (const command of answering.filter((found) => found.name() !== 'up')) {
    expect({ name: command.name(), json: command.options.some(({ long }) => long === '--json') }).toEqual({
      name: command.name(),
      json: true,
    });
  }
});

test('without an environment a command says which variable to set', async () => {
  expect(await portage(['status'])).toMatchObject({
    exitCode: 1,
    error: expect.stringMatching(/^PORTAGE_CONTROL_TABLE is not set: /),
  });
  expect(await portage(['start'], { PORTAGE_CONTROL_TABLE: 'control' })).toMatchObject({
    exitCode: 1,
    error: expect.stringMatching(/^AWS_REGION is not set: /),
  });
});

test('plan check takes the example, and says that it asked no source', async () => {
  const { out, exitCode } = await portage(['plan', 'check', '--plan', plan, '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ source: false, findings: [] });
});

test('plan check names the place in a plan that is wrong, and the remedy', async () => {
  const file = join(folder, 'plan.json');
  writeFileSync(file, JSON.stringify({ name: 'x1', table: { name: 'abc' }, entites: {} }));
  const { error, exitCode } = await portage(['plan', 'check', '--plan', file]);
  expect(exitCode).toBe(1);
  expect(error).toContain('plan.json: entities');
  expect(error).not.toContain('\n');
});

test('plan check with half a source, or a plan that is not there, is refused', async () => {
  const half = await portage(['plan', 'check', '--plan', plan], { PORTAGE_DATABASE: 'app' });
  expect(half.error).toContain('PORTAGE_CLUSTER_ARN, PORTAGE_SECRET_ARN not set');
  const gone = await portage(['plan', 'check', '--plan', join(folder, 'gone.json')]);
  expect(gone.error).toContain('gone.json cannot be read: name the plan with --plan');
});

test('plan schema is a JSON Schema', async () => {
  const { out } = await portage(['plan', 'schema']);
  expect(JSON.parse(out)).toMatchObject({ title: 'Portage plan', type: 'object' });
});

test.each(['', '  '])('--by %j is refused in one line that says what to give', async (by) => {
  for (const args of [
    ['approve', 'decommission', '--by', by],
    ['reject', 'decommission', '--by', by],
    ['accept', 'USER', '1', '--by', by, '--reason', 'checked by hand'],
  ]) {
    const ran = await portage(args, { PORTAGE_CONTROL_TABLE: 'control', AWS_REGION: 'us-east-1' });
    expect(ran).toMatchObject({
      exitCode: 1,
      error: expect.stringMatching(/^--by is empty: give .*, such as --by ada$/),
    });
  }
});

test('a blank --reason is refused in one line', async () => {
  const ran = await portage(['rollback', '--reason', ' '], {
    PORTAGE_CONTROL_TABLE: 'control',
    AWS_REGION: 'us-east-1',
  });
  expect(ran).toMatchObject({ exitCode: 1, error: expect.stringMatching(/^--reason is empty: give why/) });
});

test('the shell sees one line and exit code 1 for a blank --by', async () => {
  const { code, error } = await shell('approve', 'decommission', '--by', '');
  expect(code).toBe(1);
  expect(error).toMatch(/^portage: --by is empty: [^\n]*\n$/);
}, 120_000);

test('a plan that is not JSON, or a folder in its place, is refused in one line with a remedy', async () => {
  const file = join(folder, 'broken.json');
  writeFileSync(file, '{ "name": "x", \n');
  const broken = await portage(['plan', 'check', '--plan', file]);
  expect(broken.exitCode).toBe(1);
  expect(broken.error).toMatch(/broken\.json: line 2, column \d+: this is not JSON\. Look for[^\n]*$/);
  const directory = await portage(['generate', '--plan', folder, '--out', join(folder, 'out')]);
  expect(directory).toMatchObject({
    exitCode: 1,
    error: expect.stringMatching(/^[^\n]* cannot be read: name the plan[^\n]*$/),
  });
});

test('an error is one line, whatever was thrown', () => {
  const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
  expect(formatError(new AggregateError([refused], ''))).toMatch(/^ECONNREFUSED: is `portage up` running/);
  expect(formatError(new AggregateError([new AggregateError([refused], '')], ''))).toMatch(
    /^ECONNREFUSED: is `portage up`/,
  );
  expect(formatError(new Error('one\n  two'))).toBe('one two');
  expect(formatError('plain')).toBe('plain');
});

test.each([
  ['ENOTFOUND', /^getaddrinfo ENOTFOUND nowhere: name the right AWS_REGION/],
  ['EAI_AGAIN', /^getaddrinfo EAI_AGAIN nowhere: the name cannot be resolved/],
])('%s comes with its remedy, also where only the message names it', (code, expected) => {
  const error = new Error(`getaddrinfo ${code} nowhere`);
  expect(formatError(error)).toMatch(expected);
  expect(formatError(Object.assign(error, { code }))).toMatch(expected);
});

function named(name: string): Error {
  return Object.assign(new Error('Execution'), { name });
}

test('an unknown run and a run name in use come with their remedies', () => {
  expect(formatError(named('ExecutionDoesNotExist'))).toBe(
    'Execution: this run is unknown: `portage status` shows the latest one',
  );
  expect(formatError(named('ExecutionAlreadyExists'))).toContain('choose another with --run');
});

test('a response of an unexpected form is one line without the list of issues', () => {
  const { error } = z.object({ run: z.string(), clean: z.boolean() }).safeParse({});
  expect(formatError(error)).toMatch(
    /^unexpected response: run: [^\n]*: use the version of portage that was deployed$/,
  );
});
