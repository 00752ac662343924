import { Command, InvalidArgumentError } from 'commander';
import { ddl } from './ddl/command.ts';
import { kills } from './kills/command.ts';
import { locks } from './locks/command.ts';
import { printError } from '../local/process/exit-with-message.ts';
import { scale } from './scale/command.ts';
import { schemas } from './schemas/command.ts';
import { registerVerify } from './verify.ts';
import { writes } from './writes/command.ts';

const program = new Command('npm run bench --').description('measure the embedded stack against a baseline');

program
  .command('writes')
  .description('measure the cost of load, dual writes and capture')
  .option('--rows <n>', 'rows of the load', whole, 20_000)
  .option('--memory-rows <n>', 'measure memory of load and relay from 10,000 up to this many rows', whole, 1_000_000)
  .action(async (options: { rows: number; memoryRows: number }) => writes(options));

program
  .command('kills')
  .description('kill load, relay, sweeper and writers at random (kill -9) and check that no write is lost')
  .option('--runs <n>', 'number of runs', whole, 200)
  .option('--seed <n>', 'seed of the first run; each further run adds 1', whole, 1)
  .action(async (options: { runs: number; seed: number }) => {
    process.exitCode = (await kills(options)) ? 0 : 1;
  });

program
  .command('locks')
  .description('install and remove capture under the load of an application, and measure what it waits')
  .option('--tables <n>', 'mapped tables', whole, 200)
  .option('--sessions <n>', 'sessions of the application', whole, 20)
  .option('--seed <n>', 'seed of the sessions', whole, 1)
  .action(async (options: { tables: number; sessions: number; seed: number }) => {
    process.exitCode = (await locks({ ...options, partitions: 60, controlMs: 20_000 })) ? 0 : 1;
  });
program
  .command('ddl')
  .description('change the schema at random under traffic and a running migration, and check what comes of it')
  .option('--runs <n>', 'number of runs', whole, 200)
  .option('--seed <n>', 'seed of the first run; each further run adds 1', whole, 1)
  .option('--shrink', 'look for a shorter list of statements where a run fails', false)
  .action(async (options: { runs: number; seed: number; shrink: boolean }) => {
    process.exitCode = (await ddl(options)) ? 0 : 1;
  });
program
  .command('schemas')
  .description("fill a schema's tables with awkward values, draft and check a plan, and run the demo with them")
  .option('--sql <file>', 'a script that makes the schema; may be repeated', collect, [])
  .requiredOption('--out <directory>', 'where rows.sql, plan.json and the demo go; a plan that is there is used')
  .option('--schema <name>', 'the schema to move', 'public')
  .option('--rows <n>', 'rows a table', whole, 5)
  .option('--large <n>', 'tables that get a text of 320 KB', whole, 10)
  .option('--seed <n>', 'seed of the values', whole, 1)
  .option('--demo', 'run the demo too', false)
  .action(async (options: Parameters<typeof schemas>[0]) => {
    try {
      process.exitCode = (await schemas(options)) ? 0 : 1;
    } catch (error) {
      printError(error);
      process.exitCode = 1;
    }
  });
program
  .command('scale')
  .description('simulate the calls of a large migration against the limits of AWS')
  .option('--rows <n>', 'rows of the source', whole, 100_000_000)
  .option('--tables <n>', 'tables that they are in', whole, 100)
  .action(async (options: { rows: number; tables: number }) => {
    process.exitCode = (await scale(options)) ? 0 : 1;
  });
registerVerify(program);

await program.parseAsync();

function whole(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('give a whole number above 0');
}

function collect(file: string, before: readonly string[]): readonly string[] {
  return [...before, file];
}
