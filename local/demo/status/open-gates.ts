import * as z from 'zod';
import type { ControlTable } from '../../../src/domain/ports/control.ts';

const gateSchema = z.object({
  gate: z.string(),
  run: z.string(),
  status: z.string(),
  evidence: z.unknown(),
  evidenceHash: z.string(),
  steps: z.array(z.string()),
  approvalsNeeded: z.number(),
  approvals: z.array(z.object({ by: z.string() })),
});
/** A gate without its token. */
export type OpenGate = z.infer<typeof gateSchema>;

/** Gates that wait for a decision now. */
export async function openGates(control: ControlTable): Promise<readonly OpenGate[]> {
  const records = await control.list('GATE');
  return records
    .flatMap(({ value }) => gateSchema.safeParse(value).data ?? [])
    .filter(({ status }) => status === 'open');
}
