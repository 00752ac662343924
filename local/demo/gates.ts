import { confirm, isCancel, note } from '@clack/prompts';

import { type Machines, startMachine, waitFor } from '../../src/operator/machines.ts';
import type { Terminal } from './output/terminal.ts';
import type { OpenGate } from './status/open-gates.ts';

const PERSONS = ['ada (demo)', 'grace (demo)'] as const;

/** Decides a gate: by asking, or by itself, saying so. Answers whether it was approved. */
export async function decideGate(states: Machines, gate: OpenGate, yes: boolean, terminal: Terminal): Promise<boolean> {
  const wanted = PERSONS.slice(gate.approvals.length, gate.approvalsNeeded);
  for (const by of wanted) {
    const approved = yes || (await ask(gate, by, terminal));
    const decision = approved ? 'approve' : 'reject';
    const input = { gate: gate.gate, run: gate.run, decision, by, evidenceHash: gate.evidenceHash };
    const name = `${decision}-${gate.gate}-${Date.now().toString(36)}`.slice(0, 80);
    await waitFor(states, await startMachine(states, 'decide-gate', name, input));
    const how = yes ? 'approved automatically' : approved ? 'approved' : 'rejected';
    terminal.say('gate', `${gate.gate}: ${how} as ${by}`);
    if (!approved) return false;
  }
  return true;
}

async function ask(gate: OpenGate, by: string, terminal: Terminal): Promise<boolean> {
  terminal.clear();
  note(JSON.stringify(gate.evidence, null, 2), `measured for gate ${gate.gate}`);
  note(gate.steps.join('\n'), 'on approval');
  const answer = await confirm({ message: `Approve ${gate.gate} as ${by}?` });
  if (isCancel(answer)) throw new Error('cancelled; go on with --resume');
  return answer;
}
