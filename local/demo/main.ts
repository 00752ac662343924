import { exitOnUncaughtError, printError } from '../process/exit-with-message.ts';
import { runDemo } from './demo.ts';
import { parseOptions } from './options.ts';
import { createTerminal } from './output/terminal.ts';

// A notice about Node 20 that nobody can act on in the middle of a migration.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const interactive = process.stdout.isTTY === true && process.stdin.isTTY === true;
const options = parseOptions(process.argv.slice(2), interactive);
const terminal = createTerminal(process.stdout, interactive);

terminal.lines([
  'Portage demo: migrates PostgreSQL to DynamoDB and S3 under live traffic, on this machine.',
  options.yes ? 'Gates approve themselves (--yes, or no terminal).' : 'You approve or reject each gate here.',
]);
exitOnUncaughtError();
try {
  const { exitCode } = await runDemo(options, terminal);
  process.exit(exitCode);
} catch (error) {
  terminal.clear();
  printError(error);
  process.exit(1);
}
