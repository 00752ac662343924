import { createExpirySwitch } from '../../src/adapters/dynamodb/expiry.ts';
import { createIntents } from '../../src/adapters/dynamodb/intents.ts';
import { createTable } from '../../src/adapters/dynamodb/table.ts';
import { createBodies } from '../../src/adapters/s3/bodies.ts';
import { createDocuments } from '../../src/adapters/s3/documents.ts';
import type { Bodies } from '../../src/domain/ports/bodies.ts';
import type { Intents, Table } from '../../src/domain/ports/table.ts';
import { planHash } from '../../src/domain/plan/plan-hash.ts';
import { recheckLimits } from '../../src/domain/verification/recheck/limits.ts';
import { type Factories, port } from './port.ts';
import type { Ports, TargetPorts } from './ports.ts';
import type { Shared } from './shared.ts';

export const targetFactories: Factories<TargetPorts> = {
  table: port(['plan', 'metrics'], tableOf),
  tableLoad: port(['plan', 'metrics'], tableOf),
  tableRepair: port(['plan', 'metrics'], tableOf),
  tableReader: port(['plan', 'metrics'], tableOf),
  tableScan: port(['plan', 'metrics'], tableOf),
  tableTombstones: port(['plan', 'metrics'], tableOf),
  expiry: port(['plan'], ({ dynamo, plan }) => createExpirySwitch({ client: dynamo(), tableName: plan.table.name })),
  intents: port([], intentsOf),
  intentReader: port([], intentsOf),
  bodies: port([], bodiesOf),
  bodyReader: port([], bodiesOf),
  bodyList: port([], bodiesOf),
  documents: port([], ({ s3, value }) => createDocuments({ client: s3(), bucket: value('PORTAGE_BUCKET') })),
  verification: port(
    ['verifiedSource', 'tableReader', 'intentReader', 'bodyReader', 'documents', 'control', 'time', 'plan'],
    ({ verifiedSource, tableReader, intentReader, bodyReader, documents, control, time, plan }) =>
      async () => ({
        ...(await verifiedSource()),
        table: tableReader,
        intents: intentReader,
        bodies: bodyReader,
        documents,
        control,
        time,
        limits: recheckLimits(plan),
        planHash: planHash(plan),
        sourceP99Ms: plan.verification.sourceP99Ms,
      }),
  ),
};

function tableOf({ dynamo, value, plan, metrics }: Shared & Pick<Ports, 'plan' | 'metrics'>): Table {
  return createTable({
    client: dynamo(),
    tableName: plan.table.name,
    controlTableName: value('PORTAGE_CONTROL_TABLE'),
    deadlineMs: plan.writes.deadlineSeconds * 1000,
    metrics,
  });
}

function intentsOf({ dynamo, value }: Shared): Intents {
  return createIntents({ client: dynamo(), controlTableName: value('PORTAGE_CONTROL_TABLE') });
}

function bodiesOf({ s3, value }: Shared): Bodies {
  return createBodies({ client: s3(), bucket: value('PORTAGE_BUCKET') });
}
