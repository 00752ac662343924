import { contentHash } from '../src/domain/plan/content.ts';
import { settlingLimits } from '../src/domain/verification/limits.ts';
import type { PartPorts } from '../src/domain/verification/run-part.ts';
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
    limits: settlingLimits(plan),
    planHash: contentHash(plan),
    sourceP99Ms: plan.verification.sourceP99Ms,
  };
}
