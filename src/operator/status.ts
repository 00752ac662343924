import type { Command } from 'commander';
import { z } from 'zod';
import { connect } from './connection.ts';
import { executionsOf } from './machines.ts';
import { print, table } from './output.ts';

const phaseSchema = z.object({
  phase: z.string(),
  status: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullish(),
});
const verificationSchema = z.object({
  run: z.string(),
  clean: z.boolean(),
  mismatches: z.number(),
  unverified: z.number(),
});

/** `portage status`: where the migration stands, as the control table has it. */
export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('mode, share of reads, phases, open gates, last verification')
    .option('--json', 'answer as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const { states, control } = connect();
      const [mode, phases, gates, verifications, executions] = await Promise.all([
        control.mode(),
        control.list('PHASE'),
        control.list<{ gate?: string; status?: string }>('GATE'),
        control.list('VERIFICATION'),
        executionsOf(states, 'migration'),
      ]);
      const known = phases.flatMap(({ value }) => phaseSchema.safeParse(value).data ?? []);
      const open = gates.flatMap(({ value }) => (value.status === 'open' && value.gate ? [value.gate] : []));
      const last = verifications.flatMap(({ value }) => verificationSchema.safeParse(value).data ?? []).at(-1) ?? null;
      const execution = executions[0]?.status ?? 'never started';
      print(json, { ...mode, phases: known, openGates: open, lastVerification: last, execution }, [
        `mode          ${mode.mode}, ${mode.readPercent} % of reads from DynamoDB (epoch ${mode.epoch}, generation ${mode.generation})`,
        `execution     ${execution}`,
        `open gates    ${open.join(', ') || 'none'}`,
        `last verified ${last ? `${last.run}: ${last.mismatches} mismatches, ${last.unverified} unverified` : 'never'}`,
        ...table(
          known.map(({ phase, status, startedAt, endedAt }) => ['phase', phase, status, startedAt, endedAt ?? '']),
        ),
      ]);
    });
}
