import { createExpirySwitch } from '../../src/adapters/dynamodb/expiry.ts';
import { createIntents } from '../../src/adapters/dynamodb/intents.ts';
import { createTable } from '../../src/adapters/dynamodb/table.ts';
import { createBodies } from '../../src/adapters/s3/bodies.ts';
import { createDocuments } from '../../src/adapters/s3/documents.ts';
import { planHash } from '../../src/domain/plan/plan-hash.ts';
import { recheckLimits } from '../../src/domain/verification/recheck/limits.ts';
import { type Factories, port } from './port.ts';
import type { TargetPorts } from './ports.ts';

export const targetFactories: Factories<TargetPorts> = {
  table: port(['plan', 'metrics'], ({ dynamo, value, plan, metrics }) =>
    createTable({
      client: dynamo(),
      tableName: plan.table.name,
      controlTableName: value('PORTAGE_CONTROL_TABLE'),
      deadlineMs: plan.writes.deadlineSeconds * 1000,
      metrics,
    }),
  ),
  expiry: port(['plan'], ({ dynamo, plan }) => createExpirySwitch({ client: dynamo(), tableName: plan.table.name })),
  intents: port([], ({ dynamo, value }) =>
    createIntents({ client: dynamo(), controlTableName: value('PORTAGE_CONTROL_TABLE') }),
  ),
  bodies: port([], ({ s3, value }) => createBodies({ client: s3(), bucket: value('PORTAGE_BUCKET') })),
  documents: port([], ({ s3, value }) => createDocuments({ client: s3(), bucket: value('PORTAGE_BUCKET') })),
  verification: port(
    ['verifiedSource', 'table', 'intents', 'bodies', 'documents', 'control', 'time', 'plan'],
    ({ verifiedSource, table, intents, bodies, documents, control, time, plan }) =>
      async () => ({
        ...(await verifiedSource()),
        table,
        intents,
        bodies,
        documents,
        control,
        time,
        limits: recheckLimits(plan),
        planHash: planHash(plan),
        sourceP99Ms: plan.verification.sourceP99Ms,
      }),
  ),
};
