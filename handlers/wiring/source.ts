import { createLegacyUsers } from '../../src/adapters/legacy-users/legacy-users.ts';
import {
  captureGaps,
  dischargeChanges,
  installCapture,
  openWriters,
  stillOpen,
} from '../../src/adapters/postgres/capture/capture.ts';
import { removeCapture } from '../../src/adapters/postgres/removal/remove-capture.ts';
import { lostLeaves, replacedColumns } from '../../src/adapters/postgres/capture/captured-leaves.ts';
import { readRewrites } from '../../src/adapters/postgres/schema-watch/rewritten-columns.ts';
import {
  captureColumns,
  carryTables,
  uncapturedColumns,
} from '../../src/adapters/postgres/schema-watch/carry-columns.ts';
import { createChangelog } from '../../src/adapters/postgres/capture/changelog.ts';
import { fence, unfence } from '../../src/adapters/postgres/capture/fence.ts';
import { createMissedChanges } from '../../src/adapters/postgres/capture/missed-changes.ts';
import { adoptLeaves } from '../../src/adapters/postgres/capture/adopt-leaves.ts';
import { highestNumbers as readHighestNumbers } from '../../src/adapters/postgres/capture/highest-numbers.ts';
import { lockOutLogins, restoreLogins } from '../../src/adapters/postgres/capture/logins.ts';
import { highestChange, newestChanges } from '../../src/adapters/postgres/capture/newest-changes.ts';
import { readShardOwners } from '../../src/adapters/postgres/rows/shard-owners.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createBodyMd5 } from '../../src/adapters/postgres/rows/body-md5.ts';
import { createRowDigests } from '../../src/adapters/postgres/rows/row-digests.ts';
import { createDataApiSource } from '../../src/adapters/postgres/connection/data-api.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { createSourceState } from '../../src/adapters/postgres/rows/source-state.ts';
import type { SqlSource } from '../../src/domain/ports/source.ts';
import { withoutCarrying } from '../../src/domain/mapping/without-carrying.ts';
import { mapping, plan, time } from './control.ts';
import { dataApi } from './clients.ts';
import type { Environment } from './environment.ts';
import { type PortFactory, port } from './port.ts';
import type { SourcePorts } from './ports.ts';

export const sql: PortFactory<SourcePorts['sql']> = /* @__PURE__ */ port({}, (environment) =>
  sqlOf(environment, environment.value('PORTAGE_CLUSTER_ARN'), environment.value('PORTAGE_SECRET_ARN')),
);

export const rows: PortFactory<SourcePorts['rows']> = /* @__PURE__ */ port(
  { sql, mapping },
  ({ sql, mapping }) =>
    async () =>
      createRowSource(sql, await mapping()),
);

export const changelog: PortFactory<SourcePorts['changelog']> = /* @__PURE__ */ port({ sql }, ({ sql }) =>
  createChangelog(sql),
);

export const missedChanges: PortFactory<SourcePorts['missedChanges']> = /* @__PURE__ */ port({ sql }, ({ sql }) =>
  createMissedChanges(sql),
);

export const capture: PortFactory<SourcePorts['capture']> = /* @__PURE__ */ port(
  { sql, plan, time },
  ({ sql, plan, time }) => ({
    catalogue: () => readCatalogue(sql, plan.source.schema),
    install: (mapping, generation) =>
      installCapture(sql, mapping, generation, { plan: plan.name, follow: plan.ddl.partitionAdded === 'adopt' }),
    openWriters: () => openWriters(sql),
    stillOpen: (writers) => stillOpen(sql, writers),
    discharge: () => dischargeChanges(sql),
    shardOwners: (mapping) => readShardOwners(sql, mapping),
    gaps: (mapping, known) => captureGaps(sql, mapping, known),
    lost: (mapping) => lostLeaves(sql, mapping),
    replaced: (mapping) => replacedColumns(sql, mapping),
    rewritten: (mapping) => readRewrites(sql, mapping),
    adopt: (mapping, options) => adoptLeaves(sql, mapping, { ...options, sleep: (ms) => time.sleep(ms) }),
    uncaptured: (columns) => uncapturedColumns(sql, columns),
    captureColumns: (mapping, table) => captureColumns(sql, mapping, table),
    carryTables: (mapping, options) => carryTables(sql, mapping, { ...options, sleep: (ms) => time.sleep(ms) }),
    remove: () => removeCapture(sql),
  }),
);

export const sourceAccess: PortFactory<SourcePorts['sourceAccess']> = /* @__PURE__ */ port({ sql }, ({ sql }) => ({
  fence: () => fence(sql),
  unfence: () => unfence(sql),
  lockOutLogins: (keep) => lockOutLogins(sql, keep),
  restoreLogins: () => restoreLogins(sql),
}));

export const legacyUsers: PortFactory<SourcePorts['legacyUsers']> = /* @__PURE__ */ port(
  { sql, plan, mapping },
  ({ sql, plan: { auth, source }, mapping }) =>
    auth === undefined ? null : createLegacyUsers(sql, source.schema, auth, mapping),
);

export const highestNumbers: PortFactory<SourcePorts['highestNumbers']> = /* @__PURE__ */ port(
  { sql },
  ({ sql }) =>
    (counters) =>
      readHighestNumbers(sql, counters),
);

export const verifiedSource: PortFactory<SourcePorts['verifiedSource']> = /* @__PURE__ */ port(
  { sql, changelog, mapping },
  ({ sql, changelog, mapping }) =>
    async () => {
      // A column that is being carried is compared once all items have it.
      const current = withoutCarrying(await mapping());
      return {
        mapping: current,
        rows: createRowSource(sql, current),
        changelog,
        rowDigests: createRowDigests(sql, current),
        bodyMd5: createBodyMd5(sql, current),
        sourceState: createSourceState(sql, current),
        missed: createMissedChanges(sql),
      };
    },
);

export const restoredCopy: PortFactory<SourcePorts['restoredCopy']> = /* @__PURE__ */ port(
  { sql, mapping },
  ({ sql, mapping, ...environment }) =>
    async (clusterArn, secretArn) => {
      const current = await mapping();
      const copy = sqlOf(environment, clusterArn, secretArn ?? environment.value('PORTAGE_SECRET_ARN'));
      const changelog = createChangelog(copy);
      return {
        restored: createRowSource(copy, current),
        live: createRowSource(sql, current),
        newest: (table, identities) => newestChanges(sql, table, identities),
        highest: () => highestChange(copy),
        status: (xid) => changelog.status(xid),
      };
    },
);

/** SQL on a cluster that has the source's database. */
export function sqlOf({ client, value }: Environment, resourceArn: string, secretArn: string): SqlSource {
  return createDataApiSource({ client: client(dataApi), resourceArn, secretArn, database: value('PORTAGE_DATABASE') });
}
