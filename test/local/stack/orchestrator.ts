import { fileURLToPath } from 'node:url';
import { startStack } from '../../../local/stack/start.ts';

// A stack in a process of its own, made to be killed: says what it runs and waits.

const stack = await startStack({
  dataDir: process.argv[2] ?? '',
  assembly: fileURLToPath(new URL('assembly', import.meta.url)),
  planFile: fileURLToPath(new URL('../../../examples/campaigns/plan.json', import.meta.url)),
});
console.log(
  JSON.stringify({
    env: stack.env,
    pids: stack.pids().map(({ pid }) => pid),
    connectionString: stack.connectionString,
  }),
);
process.on('SIGTERM', () => {
  void stack.stop().then(() => process.exit(0));
});
