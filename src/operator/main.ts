import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerGates } from './gates.ts';
import { registerPlan } from './plan.ts';
import { registerRun } from './run.ts';
import { registerStatus } from './status.ts';
import { registerUp } from './up.ts';

/** The `portage` command: every error is one line with its remedy and an exit code that is not 0. */
export async function main(argv: readonly string[]): Promise<void> {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0';
  const program = new Command('portage')
    .description('moves a live application from PostgreSQL to DynamoDB')
    .version(version)
    .showHelpAfterError('(see portage --help)');
  for (const register of [registerUp, registerPlan, registerRun, registerStatus, registerGates]) register(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(`portage: ${message.split('\n')[0]}`);
    process.exitCode = 1;
  }
}
