import { Command, InvalidArgumentError } from 'commander';
import { kills } from './kills/command.ts';
import { registerVerify } from './verify.ts';
import { writes } from './writes/command.ts';

const program = new Command('npm run bench --').description(
  'measures on the embedded stack, beside what it is to be compared with',
);

program
  .command('writes')
  .description('what load, dual writes and capture cost')
  .option('--rows <n>', 'rows of the load', whole, 20_000)
  .option('--memory-rows <n>', 'memory of load and relay from 10,000 to so many rows', whole, 1_000_000)
  .action(async (options: { rows: number; memoryRows: number }) => writes(options));

program
  .command('kills')
  .description('kill -9 of load, relay, sweeper and writers at random: no write may be lost')
  .option('--runs <n>', 'how many', whole, 200)
  .option('--seed <n>', 'the first run is played from this seed, the next from the one after it', whole, 1)
  .action(async (options: { runs: number; seed: number }) => {
    process.exitCode = (await kills(options)) ? 0 : 1;
  });
registerVerify(program);

await program.parseAsync();

function whole(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('give a whole number above 0');
}
