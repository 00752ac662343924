import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import * as z from 'zod';
import type { StartChild } from '../../../local/process/child-context.ts';
import { closeServer, listen } from '../../../local/process/free-port.ts';

const optionsSchema = z.object({ fail: z.string().optional(), sleeper: z.boolean().optional() });

/** A part for tests: answers with its simulated time, and keeps a program when asked to. */
export const start: StartChild = async (raw, context) => {
  const options = optionsSchema.parse(raw);
  if (options.fail !== undefined) throw new Error(options.fail);
  const sleeper = options.sleeper === true ? spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }) : null;
  if (sleeper?.pid !== undefined) context.guard({ pid: sleeper.pid, program: 'sleep 300', signal: 'SIGTERM' });
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ now: context.now(), greeting: process.env['GREETING'] ?? null }));
  });
  const endpoint = await listen(server, 0, 'echo');
  return { facts: { endpoint, sleeper: sleeper?.pid ?? null }, stop: () => closeServer(server) };
};
