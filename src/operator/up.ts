import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';

/**
 * `portage up` starts the embedded stack in a process of its own, because nothing imports local/.
 */
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
      // Ctrl-C in a terminal also reaches the child, which stops only once however many signals it
      // gets.
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGTERM'));
      process.exitCode = await new Promise<number>((resolve) => {
        child.on('exit', (code) => resolve(code ?? 1));
      });
    });
}
