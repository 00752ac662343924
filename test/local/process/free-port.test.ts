import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import * as z from 'zod';

/** Ports that a process of its own finds free; it lets go of none before all have theirs. */
async function portsOf(count: number): Promise<readonly number[]> {
  const script = `
    const { freePorts } = await import('./local/process/free-port.ts');
    const found = await freePorts(Array.from({ length: ${count} }, (_, n) => [String(n), 0]));
    console.log(JSON.stringify([...found.values()]));
    await new Promise((resolve) => process.stdin.once('end', resolve).resume());`;
  const run = promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const ports = new Promise<readonly number[]>((resolve, reject) => {
    run.child.stdout?.once('data', (line: unknown) => resolve(z.array(z.number()).parse(JSON.parse(String(line)))));
    run.catch(reject);
  });
  open.push(() => run.child.stdin?.end());
  return ports;
}

const open: (() => void)[] = [];

test('processes that look for free ports at the same time find different ones, before anybody listens', async () => {
  try {
    const found = await Promise.all([1, 2, 3].map(() => portsOf(800)));
    expect(new Set(found.flat()).size).toBe(2_400);
    // None is from where systems take the ports of outgoing connections.
    expect(Math.max(...found.flat())).toBeLessThan(32_768);
  } finally {
    for (const end of open) end();
  }
}, 60_000);
