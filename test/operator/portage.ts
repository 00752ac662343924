import { jest } from '@jest/globals';
import { createProgram } from '../../src/operator/main.ts';
import { formatError } from '../../src/operator/format-error.ts';

export interface Ran {
  readonly out: string;
  readonly error: string;
  readonly exitCode: number;
}

/** Runs a command of `portage` in this process, under an environment of its own. */
export async function portage(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const before = { env: process.env, exitCode: process.exitCode };
  let out = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  process.env = { PATH: before.env['PATH'], ...environment };
  process.exitCode = undefined;
  let error = '';
  try {
    await createProgram().parseAsync(['node', 'portage', ...args]);
  } catch (thrown) {
    error = formatError(thrown);
  } finally {
    write.mockRestore();
  }
  const exitCode = error === '' ? Number(process.exitCode ?? 0) : 1;
  process.env = before.env;
  process.exitCode = before.exitCode;
  return { out, error, exitCode };
}
