import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import * as z from 'zod';
import { childEnvironment, tsxArguments } from '../../local/process/fork-part.ts';
import { closeServer, listen } from '../../local/process/free-port.ts';
import { isAlive } from '../is-process-alive.ts';

const script = fileURLToPath(new URL('../../local/up.ts', import.meta.url));
const printed = z.object({
  endpoints: z.record(z.string(), z.string()),
  postgres: z.string(),
  processes: z.array(z.object({ name: z.string(), pid: z.number() })),
});

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portage-up-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Up {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<number | null>;
}

function up(...args: readonly string[]): Up {
  return upWith({}, ...args);
}

function upWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Up {
  const child = spawn(process.execPath, [...tsxArguments(), script, ...args], {
    env: childEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output, ended: new Promise((resolve) => child.once('close', resolve)) };
}

test('the stack comes up with a script loaded, says where it is, and leaves nothing behind on Ctrl-C', async () => {
  writeFileSync(join(root, 'schema.sql'), "create table notes (t text); insert into notes values ('loaded');");
  const { child, output, ended } = up('--data-dir', join(root, 'data'), '--sql', join(root, 'schema.sql'));
  while (!output.stderr.includes('Ctrl-C')) {
    if (child.exitCode !== null) throw new Error(output.stderr);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const facts = printed.parse(JSON.parse(output.stdout));
  const states = new SFNClient({
    endpoint: facts.endpoints['SFN'] ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'portage', secretAccessKey: 'portage' },
  });
  const { stateMachines } = await states.send(new ListStateMachinesCommand({}));
  expect(stateMachines?.map(({ name }) => name)).toContain('portage-migration');
  states.destroy();
  const client = new Client({ connectionString: facts.postgres });
  await client.connect();
  expect((await client.query('select t from notes')).rows).toEqual([{ t: 'loaded' }]);
  await client.end();

  child.kill('SIGINT');
  expect(await ended).toBe(0);
  expect(facts.processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
}, 120_000);

test("without a plan of one's own it brings the reference application, a user to sign in, and an environment file", async () => {
  const { child, output, ended } = up('--data-dir', join(root, 'reference'), '--scale', '0.01');
  while (!output.stderr.includes('Ctrl-C')) {
    if (child.exitCode !== null) throw new Error(output.stderr);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { postgres, signIn } = z
    .object({ postgres: z.string(), signIn: z.object({ username: z.string(), password: z.string() }) })
    .parse(JSON.parse(output.stdout));
  const client = new Client({ connectionString: postgres });
  await client.connect();
  const { rows } = await client.query('select count(*)::int as users from users where email = $1', [signIn.username]);
  expect(rows).toEqual([{ users: 1 }]);
  await client.end();
  const file = join(root, 'reference', 'environment.sh');
  expect(readFileSync(file, 'utf8')).toContain("export AWS_ENDPOINT_URL_SFN='http://127.0.0.1:");
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  expect(existsSync(file)).toBe(false);
}, 120_000);

test('a taken port, a missing plan and a wrong option end it with one line and the remedy', async () => {
  const taken = createServer();
  const port = new URL(await listen(taken, 0, 'test')).port;
  const cases: readonly (readonly [string[], RegExp])[] = [
    [['--port', `S3=${port}`], new RegExp(`^error: port ${port} \\(S3\\) is taken: stop the program.*\\n$`)],
    [['--plan', join(root, 'none.json')], /^error: there is no plan .*none\.json: name one with --plan FILE\n$/],
    [['--port', 'FTP=21'], /^error: .*Expected a service and a port, such as DYNAMODB=8000\.\n$/],
  ];
  for (const [args, message] of cases) {
    const { output, ended } = up('--data-dir', join(root, 'other'), ...args);
    expect(await ended).toBe(1);
    expect(output.stderr).toMatch(message);
    expect(output.stdout).toBe('');
  }
  await closeServer(taken);
}, 120_000);

test('a plan or a script that cannot be read, and a data directory that is a file, are reported before anything is written', async () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(root, name), text);
    return join(root, name);
  };
  const notJson = file('not-json.json', '{ "name": "x",, }');
  const wrongShape = file('wrong-shape.json', '{ "name": 7 }');
  const plain = file('plain', '');
  const dataDir = join(root, 'untouched');
  const cases: readonly (readonly [string[], RegExp])[] = [
    [
      ['--data-dir', dataDir, '--plan', notJson],
      /^error: .*not-json\.json: line 1, column \d+: this is not JSON\. Look .*\n$/,
    ],
    [['--data-dir', dataDir, '--plan', wrongShape], /^error: .*wrong-shape\.json: name: .*\. .*\n$/],
    [
      ['--data-dir', dataDir, '--plan', root],
      /^error: cannot read the plan .*: name a readable file with --plan FILE\n$/,
    ],
    [
      ['--data-dir', dataDir, '--sql', join(root, 'none.sql')],
      /^error: there is no script .*none\.sql: name a file .*\n$/,
    ],
    [
      ['--data-dir', join(plain, 'data')],
      /^error: cannot write .*plain\/data: a file is where a directory is needed; move the file away, or .*\n$/,
    ],
  ];
  for (const [args, message] of cases) {
    const { output, ended } = up(...args);
    expect([await ended, output.stdout]).toEqual([1, '']);
    expect(output.stderr).toMatch(message);
  }
  expect(existsSync(dataDir)).toBe(false);
  expect(readFileSync(plain, 'utf8')).toBe('');
}, 120_000);

test('without Java one line says what to install', async () => {
  const { output, ended } = upWith({ JAVA_HOME: join(root, 'no-java') }, '--data-dir', join(root, 'java'));
  expect([await ended, output.stdout]).toEqual([1, '']);
  expect(output.stderr).toMatch(
    /^error: DynamoDB Local needs Java 11\+, and .* does not run: install Java 11 or newer.*\n$/,
  );
}, 120_000);
