import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import * as z from 'zod';
import { registerDoctor } from './doctor.ts';
import { registerGates } from './gates.ts';
import { registerGenerate } from './plan/generate.ts';
import { formatError } from './format-error.ts';
import { registerPlan } from './plan/plan.ts';
import { registerCapture } from './capture.ts';
import { registerRun } from './run.ts';
import { registerStatus } from './status.ts';
import { registerUp } from './up.ts';
import { registerVerify } from './verify.ts';

/** The program with all its commands. */
export function createProgram(): Command {
  const manifest = z.object({ version: z.string() });
  const { version } = manifest.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));
  const program = new Command('portage')
    .description('moves a live application from PostgreSQL to DynamoDB')
    .version(version)
    .configureOutput({
      outputError: (text, write) => write(`portage: ${text.replace(/^error: /, '').trim()}; see portage --help\n`),
    });
  for (const register of [
    registerUp,
    registerDoctor,
    registerPlan,
    registerGenerate,
    registerRun,
    registerCapture,
    registerVerify,
    registerStatus,
    registerGates,
  ])
    register(program);
  return program;
}

/** The `portage` command: every error is one line with its remedy and an exit code that is not 0. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv]);
  } catch (error) {
    console.error(`portage: ${formatError(error)}`);
    process.exitCode = 1;
  }
}
