import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { childEnvironment, forkPart, tsxArguments } from '../../../local/process/fork-part.ts';
import { end } from '../../../local/process/running.ts';
import { checkNode } from '../../../local/process/startup-error.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portage-process-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const module = new URL('echo-part.ts', import.meta.url).href;
const facts = z.object({ endpoint: z.string() });

async function ask(endpoint: string): Promise<{ now: number; greeting: string | null }> {
  const schema = z.object({ now: z.number(), greeting: z.string().nullable() });
  return schema.parse(await (await fetch(endpoint)).json());
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

test('a forked part answers on its endpoint, follows the simulated clock and stops when told to', async () => {
  const part = await forkPart({
    name: 'echo',
    module,
    options: {},
    facts,
    env: { GREETING: 'hello' },
    logFile: join(root, 'echo.log'),
    clockOffsetMs: 86_400_000,
  });
  const first = await ask(part.facts.endpoint);
  expect(first.greeting).toBe('hello');
  expect(first.now).toBeGreaterThan(Date.now() + 86_000_000);
  part.setClockOffset(10 * 86_400_000);
  await until(async () => (await ask(part.facts.endpoint)).now > Date.now() + 9 * 86_400_000);
  await part.stop();
  expect(isAlive(part.pid)).toBe(false);
});

test('a part that cannot start says why', async () => {
  const failing = { name: 'echo', module, options: { fail: 'no disk' }, facts, logFile: join(root, 'failing.log') };
  await expect(forkPart(failing)).rejects.toThrow('echo: no disk');
});

test('a part that dies unasked is reported', async () => {
  const deaths: string[] = [];
  const part = await forkPart({
    name: 'echo',
    module,
    options: {},
    facts,
    logFile: join(root, 'dying.log'),
    onDeath: (message) => deaths.push(message),
  });
  process.kill(part.pid, 'SIGKILL');
  await until(() => deaths.length > 0);
  expect(deaths[0]).toContain('echo ended (SIGKILL)');
});

interface Orchestrated {
  readonly part: number;
  readonly sleeper: number;
  readonly reaper: number;
}

/** Starts an orchestrator and kills it as soon as its part and its program run. Answers with the pids it was responsible for. */
async function killedOrchestrator(reaperState = 'running'): Promise<Orchestrated> {
  const script = fileURLToPath(new URL('orchestrator.ts', import.meta.url));
  const orchestrator = spawn(process.execPath, [...tsxArguments(), script, root, reaperState], {
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(orchestrator.stdout, 'data');
  const pids = z
    .object({ part: z.number(), sleeper: z.number(), reaper: z.number() })
    .parse(JSON.parse(z.instanceof(Buffer).parse(line).toString()));
  expect(Object.values(pids).map(isAlive)).toEqual([true, true, true]);
  orchestrator.kill('SIGKILL');
  await once(orchestrator, 'exit');
  return pids;
}

test('kill -9 of the orchestrator takes its parts and their programs along', async () => {
  const pids = await killedOrchestrator();
  await until(() => !Object.values(pids).some(isAlive));
});

test('a reaper that is still starting when the orchestrator dies ends the programs as well', async () => {
  const pids = await killedOrchestrator('stopped');
  process.kill(pids.reaper, 'SIGCONT');
  await until(() => !Object.values(pids).some(isAlive));
});

test('a pid that belongs to another program by now is left alone', async () => {
  const other = spawn('sleep', ['300'], { stdio: 'ignore' });
  const pid = z.number().parse(other.pid);
  await end({ pid, program: 'postgres', signal: 'SIGKILL' });
  expect(isAlive(pid)).toBe(true);
  other.kill('SIGKILL');
});

test('an unsupported Node is refused with the remedy', () => {
  expect(() => checkNode('18.19.0')).toThrow('Node 18.19.0 is too old: install Node 20.19 or newer');
  expect(() => checkNode('20.18.3')).toThrow(/too old/);
  expect(() => checkNode('20.19.0')).not.toThrow();
  expect(() => checkNode('24.1.0')).not.toThrow();
});
