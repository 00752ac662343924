import type { Command } from 'commander';
import { z } from 'zod';
import { connect } from './connection.ts';
import { startMachine, waitFor } from './machines.ts';
import { OperatorError } from './operator-error.ts';
import { print } from './output.ts';

/** What a person may see of a gate record: everything but its task token. */
const gateSchema = z.object({
  gate: z.string(),
  run: z.string(),
  status: z.string(),
  evidence: z.unknown(),
  evidenceHash: z.string(),
  steps: z.array(z.string()),
  openedAt: z.string(),
  expiresAt: z.string(),
  approvalsNeeded: z.number(),
  approvals: z.array(z.object({ by: z.string(), at: z.string() })),
});
type Gate = z.infer<typeof gateSchema>;

async function readGates(): Promise<readonly Gate[]> {
  const records = await connect().control.list('GATE');
  return records.map(({ value }) => gateSchema.parse(value));
}

async function openGate(name: string): Promise<Gate> {
  const gates = await readGates();
  const found = gates.find(
    (gate) => gate.status === 'open' && (gate.gate === name || `${gate.gate}#${gate.run}` === name),
  );
  if (found) return found;
  const open = gates.filter((gate) => gate.status === 'open').map((gate) => gate.gate);
  throw new OperatorError(`gate ${name} is not open; open now: ${open.join(', ') || 'none'} (see \`portage gates\`)`);
}

/** `portage gates`, `approve` and `reject`. A decision names the evidence that was seen, and is taken once. */
export function registerGates(program: Command): void {
  program
    .command('gates')
    .description('gates, what was measured for each, and what follows on approval')
    .option('--all', 'decided ones too', false)
    .option('--json', 'answer as JSON', false)
    .action(async ({ all, json }: { all: boolean; json: boolean }) => {
      const gates = (await readGates()).filter((gate) => all || gate.status === 'open');
      print(json, gates, gates.length === 0 ? ['no gate is open'] : gates.flatMap(describe));
    });

  for (const decision of ['approve', 'reject'] as const) {
    program
      .command(decision)
      .description(`${decision} an open gate`)
      .argument('<gate>', 'its name, as `portage gates` shows it')
      .requiredOption('--by <name>', 'who decides; gates that need two persons take two names')
      .option('--evidence <hash>', 'hash of the evidence that was seen (default: what the gate shows now)')
      .option('--json', 'answer as JSON', false)
      .action(async (name: string, { by, evidence, json }: { by: string; evidence?: string; json: boolean }) => {
        const gate = await openGate(name);
        const { states } = connect();
        const input = { gate: gate.gate, run: gate.run, decision, by, evidenceHash: evidence ?? gate.evidenceHash };
        const execution = `${decision}-${gate.gate}-${Date.now().toString(36)}`.slice(0, 80);
        const outcome = await waitFor(states, await startMachine(states, 'decide-gate', execution, input));
        print(json, outcome, [`${gate.gate}: ${decision === 'approve' ? 'approved' : 'rejected'} by ${by}`]);
      });
  }
}

function describe(gate: Gate): readonly string[] {
  return [
    `${gate.gate}  (${gate.status}, run ${gate.run}, opened ${gate.openedAt}, expires ${gate.expiresAt})`,
    `  approvals  ${gate.approvals.length} of ${gate.approvalsNeeded}${gate.approvals.map(({ by }) => ` ${by}`).join(',')}`,
    `  evidence   ${gate.evidenceHash}`,
    ...JSON.stringify(gate.evidence, null, 2)
      .split('\n')
      .map((line) => `    ${line}`),
    ...gate.steps.map((step, index) => `  ${index === 0 ? 'then      ' : '          '} ${step}`),
  ];
}
