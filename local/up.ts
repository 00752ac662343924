import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { Client } from 'pg';
import { rowsOf } from '../examples/campaigns/generator/rows.ts';
import { seedCampaigns } from '../examples/campaigns/generator/seed.ts';
import { sizeOf } from '../examples/campaigns/generator/size.ts';
import { createRealClock } from './clock/real-clock.ts';
import { checkScript } from './load-script/lines.ts';
import { loadedLine, loadScripts } from './load-script/load-scripts.ts';
import { exitOnUncaughtError, printError } from './process/exit-with-message.ts';
import { StartupError } from './process/startup-error.ts';
import { type Service, SERVICES } from './stack/environment.ts';
import { type Stack, startStack } from './stack/start.ts';

// Body of `portage up`: starts the embedded stack, says where it is, and stops all of it on Ctrl-C.

interface UpOptions {
  readonly dataDir: string;
  readonly plan?: string;
  readonly sql: readonly string[];
  readonly scale: number;
  readonly fresh: boolean;
  readonly realTime: boolean;
  readonly fromSources: boolean;
  readonly scheduleScale: number;
  readonly port: Readonly<Partial<Record<Service, number>>>;
}

const SEED = 1;
/** A generated user whose sign-in can prove the migration trigger. */
const USER = 12;

// Silences the SDK's notice about Node versions on stderr.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const program = new Command('portage up')
  .description('Start the embedded stack and print its endpoints as JSON; Ctrl-C stops all of it.')
  .option('--data-dir <directory>', 'where the stack keeps its data; a later start continues with it', '.portage/up')
  .option('--plan <file>', "plan to make the tables for (the reference application's unless given)")
  .option('--sql <file>', 'PostgreSQL script to load once it is up, as of pg_dump; may be repeated', collect, [])
  .option(
    '--scale <times>',
    'size of the reference application that an empty database gets, without --plan and --sql; 0 leaves it empty',
    size,
    0.05,
  )
  .option('--fresh', 'delete what an earlier stack left in the data directory', false)
  .option('--real-time', 'let waits of state machines take as long as they say, instead of skipping long ones', false)
  .option('--from-sources', 'run handlers from their sources instead of their bundles, for breakpoints', false)
  .option(
    '--schedule-scale <times>',
    'run scheduled functions this many times faster than their rules say',
    positive,
    30,
  )
  .option(
    '--port <service=number>',
    `a fixed port for a service, such as DYNAMODB=8000; may be repeated (${SERVICES.join(', ')})`,
    collectPort,
    {},
  );

exitOnUncaughtError();
try {
  await up(program.parse().opts<UpOptions>());
} catch (error) {
  printError(error);
  process.exit(1);
}

async function up(options: UpOptions): Promise<void> {
  // Before anything is started: a script that cannot be read leaves no stack behind.
  for (const script of options.sql) checkScript(script);
  const signalled = new Promise<null>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(null));
  });
  const dead: { tell: (message: string) => void } = { tell: () => undefined };
  const died = new Promise<string>((resolve) => {
    dead.tell = resolve;
  });
  const stack = await startStack({
    dataDir: options.dataDir,
    fresh: options.fresh,
    ports: options.port,
    schedules: options.scheduleScale,
    machineSchedules: true,
    fromSources: options.fromSources,
    onDeath: dead.tell,
    ...(options.plan === undefined ? {} : { planFile: options.plan }),
    ...(options.realTime ? { clock: createRealClock } : {}),
  });
  let death: string | null;
  try {
    await load(stack, options.sql);
    const reference = options.plan === undefined && options.sql.length === 0 && options.scale > 0;
    const signIn = reference ? await referenceApplication(stack, options.scale) : null;
    writeFileSync(environmentFile(stack), exportsOf(stack));
    process.stdout.write(`${JSON.stringify({ ...describe(stack), signIn }, null, 2)}\n`);
    process.stderr.write(usage(stack, signIn));
    death = await Promise.race([signalled, died]);
  } finally {
    rmSync(environmentFile(stack), { force: true });
    await stack.stop();
  }
  if (death !== null) throw new Error(`${death}; the stack has been stopped, see ${options.dataDir}/log`);
  process.exit(0);
}

async function load(stack: Stack, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  if (stack.connectionString === null)
    throw new StartupError('the source PostgreSQL has been deleted by a migration: start anew with --fresh');
  say(`loaded ${loadedLine(await loadScripts(stack.connectionString, files, say))}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function describe(stack: Stack): object {
  return {
    dataDir: stack.dataDir,
    endpoints: stack.endpoints,
    postgres: stack.connectionString,
    userPoolId: stack.userPoolId,
    clientId: stack.clientId,
    stateMachines: stack.machines,
    environment: stack.env,
    faults: stack.faults.endpoint,
    processes: stack.pids(),
  };
}

interface SignIn {
  readonly username: string;
  readonly password: string;
}

/** Fills an empty database, and names a user whose sign-in moves them to the user pool; null once PostgreSQL is deleted. */
async function referenceApplication(stack: Stack, scale: number): Promise<SignIn | null> {
  if (stack.connectionString === null) return null;
  const client = new Client({ connectionString: stack.connectionString });
  await client.connect();
  try {
    const tables = await client.query(`SELECT to_regclass('users') IS NULL AS empty`);
    if (tables.rows[0]?.empty === true) await seedCampaigns(client, { seed: SEED, scale });
    const rows = rowsOf(SEED, sizeOf(scale), () => '');
    return { username: String(rows.user(USER)['email']), password: rows.password(USER) };
  } finally {
    await client.end();
  }
}

function environmentFile(stack: Stack): string {
  return join(stack.dataDir, 'environment.sh');
}

function exportsOf(stack: Stack): string {
  return Object.entries(stack.env)
    .map(([name, value]) => `export ${name}='${value}'\n`)
    .join('');
}

function usage(stack: Stack, signIn: SignIn | null): string {
  const proof = signIn === null ? [] : [signInLine(stack, signIn)];
  return [
    'The stack is up; Ctrl-C stops all of it. To use it from another shell:',
    '',
    `  . ${environmentFile(stack)}`,
    '  aws stepfunctions list-state-machines',
    '  npx portage start',
    ...proof,
    '  npx portage status',
    `  aws dynamodb scan --table-name ${stack.env['PORTAGE_CONTROL_TABLE']}`,
    '',
    '',
  ].join('\n');
}

/** Phase 1 ends only after a first real sign-in. */
function signInLine(stack: Stack, { username, password }: SignIn): string {
  const parameters = `USERNAME=${username},PASSWORD=${password}`;
  return `  aws cognito-idp initiate-auth --client-id ${stack.clientId} --auth-flow USER_PASSWORD_AUTH --auth-parameters '${parameters}'`;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError('Expected a number above 0.');
  return number;
}

function size(value: string): number {
  const number = Number(value);
  if (!(number >= 0)) throw new InvalidArgumentError('Expected a number, 0 or above.');
  return number;
}

function collectPort(
  value: string,
  before: Readonly<Partial<Record<Service, number>>>,
): Readonly<Partial<Record<Service, number>>> {
  const [name = '', port = ''] = value.split('=');
  const service = SERVICES.find((known) => known === name.toUpperCase());
  if (service === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new InvalidArgumentError('Expected a service and a port, such as DYNAMODB=8000.');
  return { ...before, [service]: Number(port) };
}
