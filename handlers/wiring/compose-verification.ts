import { planHash } from '../../src/domain/plan/plan-hash.ts';
import { recheckLimits } from '../../src/domain/verification/recheck/limits.ts';
import type { PartPorts } from '../../src/domain/verification/run/run-part.ts';
import type { Ports } from './compose.ts';

/** What a part of a verification reaches, and by which thresholds of the plan it goes. */
export async function verificationPorts(ports: Ports): Promise<PartPorts> {
  const { plan, table, intents, bodies, documents, control, time } = ports;
  return {
    ...(await ports.verified()),
    table,
    intents,
    bodies,
    documents,
    control,
    time,
    limits: recheckLimits(plan),
    planHash: planHash(plan),
    sourceP99Ms: plan.verification.sourceP99Ms,
  };
}
