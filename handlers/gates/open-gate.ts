import * as z from 'zod';
import { GATES } from '../../src/domain/gates/names.ts';
import { openGate } from '../../src/domain/gates/gate-store.ts';
import { notify } from '../wiring/aws.ts';
import { control } from '../wiring/control.ts';
import { now, run } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

const schema = z.object({
  gate: z.enum(GATES),
  run,
  now,
  token: z.string().min(1),
  evidence: z.unknown(),
  expiresInSeconds: z.number().int().positive(),
});

/**
 * Opens a gate: stores the task token in the record and publishes the evidence to the topic. The
 * token is never published.
 */
export const handler = makeHandler({
  uses: { control, notify },
  writes: ['GATE'],
  event: schema,
  run: async (event, { control, notify }) => {
    const gate = await openGate(control, event);
    const how = `portage approve ${gate.gate} --by <name> --evidence ${gate.evidenceHash}`;
    const input = JSON.stringify({
      gate: gate.gate,
      decision: 'approve',
      by: '<name>',
      reason: '<why>',
      evidenceHash: gate.evidenceHash,
    });
    const text = [
      `Gate ${gate.gate} of run ${gate.run} waits for ${gate.approvalsNeeded} person(s) until ${gate.expiresAt}.`,
      `Measured: ${JSON.stringify(gate.evidence, null, 2).slice(0, 20_000)}`,
      `On approval:\n${gate.steps.map((step) => `- ${step}`).join('\n')}`,
      `Decide with: ${how}, or start the state machine decide-gate in the console with ${input}`,
    ].join('\n\n');
    await notify.send(`Portage gate ${gate.gate}, run ${gate.run}`, text);
    return { gate: gate.gate, evidenceHash: gate.evidenceHash, expiresAt: gate.expiresAt };
  },
});
