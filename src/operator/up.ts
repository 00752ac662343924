import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';

/** `portage up` hands over to the embedded stack, which is a program of its own: nothing imports local/. */
export function registerUp(program: Command): void {
  program
    .command('up')
    .description('start the embedded stack and print its endpoints as JSON; Ctrl-C stops all of it')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_options, command: Command) => {
      const script = fileURLToPath(new URL('../../local/up.ts', import.meta.url));
      const child = spawn(process.execPath, ['--import', 'tsx', script, ...command.args], { stdio: 'inherit' });
      // Ctrl-C in a terminal reaches the child as well; it stops once, however often it is told.
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGTERM'));
      process.exitCode = await new Promise<number>((resolve) => {
        child.on('exit', (code) => resolve(code ?? 1));
      });
    });
}
