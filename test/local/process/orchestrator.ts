import { join } from 'node:path';
import * as z from 'zod';
import { forkPart } from '../../../local/process/fork-part.ts';
import { startReaper } from '../../../local/process/reaper.ts';

// A stand-in for the orchestrating process, made to be killed: prints the pids it is responsible for and waits. With
// the argument `stopped` the reaper has not run a line when it does.

const [root = '.', reaperState] = process.argv.slice(2);
const reaper = startReaper();
if (reaperState === 'stopped' && reaper.pid !== undefined) process.kill(reaper.pid, 'SIGSTOP');
const part = await forkPart({
  name: 'echo',
  module: new URL('echo-part.ts', import.meta.url).href,
  options: { sleeper: true },
  facts: z.object({ endpoint: z.string(), sleeper: z.number() }),
  logFile: join(root, 'echo.log'),
  guard: (target) => reaper.guard(target),
});
console.log(JSON.stringify({ part: part.pid, sleeper: part.facts.sleeper, reaper: reaper.pid }));
