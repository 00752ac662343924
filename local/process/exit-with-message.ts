import { oneLine, withRemedy } from './startup-error.ts';

/** Prints an error as one line; the stack trace only where the environment has DEBUG. */
export function printError(error: unknown): void {
  const translated = withRemedy(error);
  process.stderr.write(`error: ${oneLine(translated)}\n`);
  if (process.env['DEBUG'] !== undefined) console.error(error);
}

/**
 * Ends this process with one line and exit code 1 on an uncaught error, a full disk in the middle of a run for
 * instance. The reaper ends the processes that it has started.
 */
export function exitOnUncaughtError(): void {
  process.on('uncaughtException', exitWithMessage);
  process.on('unhandledRejection', exitWithMessage);
}

function exitWithMessage(error: unknown): void {
  printError(error);
  process.exit(1);
}
