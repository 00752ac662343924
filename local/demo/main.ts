import { runDemo } from './demo.ts';
import { parseOptions } from './options.ts';
import { createTerminal } from './output/terminal.ts';

// A notice about Node 20 that nobody can act on in the middle of a migration.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const interactive = process.stdout.isTTY === true && process.stdin.isTTY === true;
const options = parseOptions(process.argv.slice(2), interactive);
const terminal = createTerminal(process.stdout, interactive);

terminal.lines([
  'Portage: PostgreSQL to DynamoDB and S3, under live traffic',
  options.yes ? 'Gates are approved by the demo itself.' : 'You will be asked at each gate.',
]);
try {
  const { exitCode } = await runDemo(options, terminal);
  process.exit(exitCode);
} catch (error) {
  terminal.clear();
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (process.env['DEBUG'] !== undefined && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  process.exit(1);
}
