import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Command } from 'commander';
import { Client } from 'pg';
import * as z from 'zod';
import { seedCampaigns } from '../examples/campaigns/generator/seed.ts';
import { type Stack, startStack } from '../local/stack/start.ts';
import { createMetricReader } from '../src/adapters/cloudwatch/metric-reader.ts';
import { scanBare } from './verify/bare-scan.ts';
import { measureMemory } from './verify/memory.ts';
import { type Figures, checkThresholds } from './verify/thresholds.ts';

interface Options {
  readonly scale: number;
  readonly rounds: number;
  readonly memory: boolean;
  readonly json: boolean;
}

/** Of the reference data at scale 1, about. */
const PAGES = 48;

/** `bench verify`: how long a verification takes, and what it reads, beside a bare scan; and whether its memory stays flat. */
export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('compare a verification with a bare parallel Scan of the same table: time, read units, memory')
    .option('--scale <n>', 'size of the reference data; 1 = 45,000 rows', Number, 1)
    .option('--rounds <n>', 'number of measurements; the best of each side counts', Number, 5)
    .option('--no-memory', 'skip the memory measurement')
    .option('--json', 'print JSON', false)
    .action(async ({ scale, rounds, memory, json }: Options) => {
      const speed = await measureSpeed(scale, rounds);
      const sizes = memory ? await measureMemory([10_000, 100_000, 1_000_000]) : [];
      const figures: Figures = { ...speed, memory: sizes };
      const { lines, passed } = checkThresholds(figures);
      process.stdout.write(json ? `${JSON.stringify(figures, null, 2)}\n` : lines.map((line) => `${line}\n`).join(''));
      if (!passed) process.exitCode = 1;
    });
}

async function measureSpeed(scale: number, rounds: number): Promise<Omit<Figures, 'memory'>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'portage-bench-verify-'));
  const stack = await startStack({ dataDir, schedules: 'off' });
  try {
    Object.assign(process.env, stack.env);
    await fill(stack, scale);
    const verifications: number[] = [];
    const scans: number[] = [];
    let [rows, units, least] = [0, 0, 0];
    // In turn, so that a busy moment of the machine hurts both. The first round warms up, and proves the bodies.
    for (let round = 0; round <= rounds; round++) {
      const bare = await scanBare(stack.endpoints.DYNAMODB, 'campaigns', Math.ceil(PAGES * scale));
      const from = new Date(stack.clock.now());
      const { ms, output } = await execute(stack, 'verify', { run: `round-${round}`, kind: 'on-demand' });
      const summary = verified.parse(output);
      if (!summary.clean) throw new Error(`round ${round} is not clean: ${JSON.stringify(summary)}`);
      if (round === 0) continue;
      rows = summary.rowsCompared;
      verifications.push(ms);
      scans.push(bare.ms);
      least = bare.leastUnits;
      units = await readUnits(stack, from);
    }
    return { rows, verificationMs: Math.min(...verifications), scanMs: Math.min(...scans), units, least };
  } finally {
    await stack.stop({ discard: true });
  }
}

const verified = z.looseObject({ clean: z.boolean(), rowsCompared: z.number() });

async function fill(stack: Stack, scale: number): Promise<void> {
  const source = new Client({ connectionString: stack.connectionString ?? '' });
  await source.connect();
  await seedCampaigns(source, { seed: 1, scale });
  await source.end();
  await stack.invoke('install-capture', { run: 'bench' });
  await execute(stack, 'load', { run: 'bench' });
}

/** How long an execution took by its own dates, and its output. */
async function execute(
  stack: Stack,
  machine: string,
  input: Readonly<Record<string, unknown>>,
): Promise<{ readonly ms: number; readonly output: unknown }> {
  const states = new SFNClient({});
  const stateMachineArn = stack.machines[machine];
  const { executionArn } = await states.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  for (;;) {
    const answer = await states.send(new DescribeExecutionCommand({ executionArn }));
    const { status, startDate, stopDate, output, error, cause } = answer;
    if (status === 'SUCCEEDED')
      return { ms: Number(stopDate) - Number(startDate), output: JSON.parse(output ?? 'null') };
    if (status !== 'RUNNING') throw new Error(`${machine}: ${error}: ${cause}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What the handlers consumed since then, by their own metrics. */
async function readUnits(stack: Stack, from: Date): Promise<number> {
  const reader = createMetricReader({ client: new CloudWatchClient({}), namespace: 'Portage' });
  const queries = ['Scan', 'Get', 'Query'].map((operation) => ({
    name: 'ReadUnits',
    dimensions: { Operation: operation },
    statistic: 'Sum',
  }));
  const found = await reader.read(queries, from, new Date(stack.clock.now() + 60_000));
  return found.reduce((sum: number, value) => sum + (value ?? 0), 0);
}
