import { createExpirySwitch } from '../../src/adapters/dynamodb/expiry.ts';
import { createIntents } from '../../src/adapters/dynamodb/intents.ts';
import { createTable } from '../../src/adapters/dynamodb/table.ts';
import { type BucketEncryption, createBodies } from '../../src/adapters/s3/bodies.ts';
import { createDocuments } from '../../src/adapters/s3/documents.ts';
import type { Bodies } from '../../src/domain/ports/bodies.ts';
import type { Intents, Table } from '../../src/domain/ports/table.ts';
import { planHash } from '../../src/domain/plan/plan-hash.ts';
import { recheckLimits } from '../../src/domain/verification/recheck/limits.ts';
import { dynamo, s3 } from './clients.ts';
import { metrics } from './aws.ts';
import { control, plan, time } from './control.ts';
import { verifiedSource } from './source.ts';
import type { Environment } from './environment.ts';
import { type PortFactory, port } from './port.ts';
import type { Ports, TargetPorts } from './ports.ts';

export const table: PortFactory<TargetPorts['table']> = /* @__PURE__ */ port({ plan, metrics }, tableOf);

export const tableLoad: PortFactory<TargetPorts['tableLoad']> = /* @__PURE__ */ port({ plan, metrics }, tableOf);

export const tableRepair: PortFactory<TargetPorts['tableRepair']> = /* @__PURE__ */ port({ plan, metrics }, tableOf);

export const tableReader: PortFactory<TargetPorts['tableReader']> = /* @__PURE__ */ port({ plan, metrics }, tableOf);

export const tableScan: PortFactory<TargetPorts['tableScan']> = /* @__PURE__ */ port({ plan, metrics }, tableOf);

export const tableTombstones: PortFactory<TargetPorts['tableTombstones']> = /* @__PURE__ */ port(
  { plan, metrics },
  tableOf,
);

export const expiry: PortFactory<TargetPorts['expiry']> = /* @__PURE__ */ port({}, ({ client, value }) =>
  createExpirySwitch({ client: client(dynamo), tableName: value('PORTAGE_TABLE') }),
);

export const intents: PortFactory<TargetPorts['intents']> = /* @__PURE__ */ port({}, intentsOf);

export const intentReader: PortFactory<TargetPorts['intentReader']> = /* @__PURE__ */ port({}, intentsOf);

export const bodies: PortFactory<TargetPorts['bodies']> = /* @__PURE__ */ port({}, bodiesOf);

export const bodyReader: PortFactory<TargetPorts['bodyReader']> = /* @__PURE__ */ port({}, bodiesOf);

export const bodyList: PortFactory<TargetPorts['bodyList']> = /* @__PURE__ */ port({}, ({ client, value }) =>
  createBodies({
    client: client(s3),
    bucket: value('PORTAGE_BUCKET'),
    encryption: encryptionOf(value('PORTAGE_BUCKET_ENCRYPTION')),
  }),
);

export const documents: PortFactory<TargetPorts['documents']> = /* @__PURE__ */ port({}, ({ client, value }) =>
  createDocuments({ client: client(s3), bucket: value('PORTAGE_BUCKET') }),
);

export const verification: PortFactory<TargetPorts['verification']> = /* @__PURE__ */ port(
  { verifiedSource, tableReader, intentReader, bodyReader, documents, control, time, plan },
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
);

function tableOf({ client, value, plan, metrics }: Environment & Pick<Ports, 'plan' | 'metrics'>): Table {
  return createTable({
    client: client(dynamo),
    tableName: value('PORTAGE_TABLE'),
    controlTableName: value('PORTAGE_CONTROL_TABLE'),
    deadlineMs: plan.writes.deadlineSeconds * 1000,
    metrics,
  });
}

function intentsOf({ client, value }: Environment): Intents {
  return createIntents({ client: client(dynamo), controlTableName: value('PORTAGE_CONTROL_TABLE') });
}

function bodiesOf({ client, value }: Environment): Bodies {
  return createBodies({ client: client(s3), bucket: value('PORTAGE_BUCKET') });
}

function encryptionOf(text: string): BucketEncryption {
  return text === 'aws:kms' ? text : 'AES256';
}
