import type { Command } from 'commander';
import type { Gate } from '../domain/gates/gate.ts';
import { GATES } from '../domain/gates/names.ts';
import type { ControlTable } from '../domain/ports/control.ts';
import { connect } from './connect.ts';
import { executionName, startMachine, waitFor } from './machines.ts';
import { nonBlank } from './non-blank.ts';
import { OperatorError } from './operator-error.ts';
import { print } from './output.ts';

/** A gate without its task token, which is a credential. */
export type GateView = Omit<Gate, 'token'>;

/** All gates of all runs, from the control table. */
export async function readGates(control: ControlTable): Promise<readonly GateView[]> {
  const records = await control.list<Gate>('GATE');
  return records.map(({ value: { token: _token, ...view } }) => view);
}

async function openGate(control: ControlTable, name: string): Promise<GateView> {
  const known = GATES.find((gate) => gate === name);
  if (known === undefined) throw new OperatorError(`there is no gate ${name}; gates are ${GATES.join(', ')}`);
  const open = (await readGates(control)).filter(({ status }) => status === 'open');
  const newest = open
    .filter(({ gate }) => gate === known)
    .toSorted((left, right) => (left.openedAt < right.openedAt ? 1 : -1))[0];
  if (newest) return newest;
  const names = open.map(({ gate }) => gate).join(', ') || 'none';
  throw new OperatorError(`gate ${name} is not open; open now: ${names} (see \`portage gates\`)`);
}

interface DecideOptions {
  readonly by: string;
  readonly evidence?: string;
  readonly reason?: string;
  readonly json: boolean;
}

/** `portage gates`, `approve` and `reject`. A decision names the evidence it is based on, and is sent once. */
export function registerGates(program: Command): void {
  program
    .command('gates')
    .description('list gates with their evidence and the steps that follow an approval')
    .option('--all', 'include decided gates', false)
    .option('--json', 'print JSON', false)
    .action(async ({ all, json }: { all: boolean; json: boolean }) => {
      const gates = (await readGates(connect().control)).filter(({ status }) => all || status === 'open');
      print(json, gates, gates.length === 0 ? ['no gate is open'] : gates.flatMap(describe));
    });

  for (const decision of ['approve', 'reject'] as const) {
    program
      .command(decision)
      .description(`${decision} an open gate`)
      .argument('<gate>', 'its name, as `portage gates` shows it')
      .requiredOption(
        '--by <name>',
        'who decides; a gate that needs two people needs two different names',
        nonBlank('--by', 'the name of the person who decides'),
      )
      .option(
        '--evidence <hash>',
        'hash of the evidence that was seen, or its first digits (default: what the gate shows now)',
      )
      .option('--reason <text>', 'why, for the record')
      .option('--json', 'print JSON', false)
      .action(async (name: string, { by, evidence, reason, json }: DecideOptions) => {
        const { states, control } = connect();
        const gate = await openGate(control, name);
        if (evidence !== undefined && !gate.evidenceHash.startsWith(evidence))
          throw new OperatorError(
            `gate ${name} shows other evidence now (${gate.evidenceHash}): read it with \`portage gates\`, then decide`,
          );
        const input = {
          gate: gate.gate,
          run: gate.run,
          decision,
          by,
          evidenceHash: gate.evidenceHash,
          ...(reason === undefined ? {} : { reason }),
        };
        const execution = await startMachine(states, 'decide-gate', executionName(`${decision}-${gate.gate}`), input);
        await waitFor(states, execution);
        const missing = decision === 'approve' ? gate.approvalsNeeded - gate.approvals.length - 1 : 0;
        print(json, { ...input, approvalsMissing: Math.max(0, missing) }, [
          `${gate.gate}: ${decision === 'approve' ? 'approved' : 'rejected'} by ${by}`,
          ...(missing > 0 ? [`${missing} more, by somebody else, before it opens`] : []),
        ]);
      });
  }
}

function describe(gate: GateView): readonly string[] {
  const by = gate.approvals.map((approval) => approval.by).join(', ');
  return [
    `${gate.gate}  (${gate.status}, run ${gate.run}, opened ${gate.openedAt}, expires ${gate.expiresAt})`,
    `  approvals  ${gate.approvals.length} of ${gate.approvalsNeeded}${by === '' ? '' : `: ${by}`}`,
    `  evidence   ${gate.evidenceHash}`,
    ...JSON.stringify(gate.evidence, null, 2)
      .split('\n')
      .map((line) => `    ${line}`),
    ...gate.steps.map((step, index) => `  ${index === 0 ? 'then      ' : '          '} ${step}`),
  ];
}
