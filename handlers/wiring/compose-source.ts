import { createBodyMd5 } from '../../src/adapters/postgres/rows/body-md5.ts';
import { createChangelog } from '../../src/adapters/postgres/capture/changelog.ts';
import {
  captureGaps,
  dischargeChanges,
  installCapture,
  openWriters,
  removeCapture,
  stillOpen,
} from '../../src/adapters/postgres/capture/capture.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { fence, unfence } from '../../src/adapters/postgres/capture/fence.ts';
import { lockOutLogins, restoreLogins } from '../../src/adapters/postgres/capture/logins.ts';
import { highestChange, newestChanges } from '../../src/adapters/postgres/capture/newest-changes.ts';
import { createRowDigests } from '../../src/adapters/postgres/rows/row-digests.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { readShardOwners } from '../../src/adapters/postgres/capture/shard-owners.ts';
import { createSourceState } from '../../src/adapters/postgres/rows/source-state.ts';
import type { Capture } from '../../src/domain/load/install.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import type { BodyMd5 } from '../../src/domain/ports/bodies.ts';
import type { RowDigests } from '../../src/domain/ports/row-digests.ts';
import type { Changelog, RowSource, SqlSource } from '../../src/domain/ports/source.ts';
import type { ReadSourceState } from '../../src/domain/ports/source-state.ts';
import type { SourceAccess } from '../../src/domain/ports/source-access.ts';
import type { RestoredPorts } from '../../src/domain/decommission/compare-restored.ts';

/** Capture in the source: installed once a generation, removed when the migration is given up. */
export interface SourceCapture extends Capture {
  remove(): Promise<void>;
}

export function composeCapture(sql: () => SqlSource, schema: () => string): SourceCapture {
  return {
    catalogue: () => readCatalogue(sql(), schema()),
    install: (mapping, generation) => installCapture(sql(), mapping, generation),
    openWriters: () => openWriters(sql()),
    stillOpen: (writers) => stillOpen(sql(), writers),
    discharge: () => dischargeChanges(sql()),
    shardOwners: (mapping) => readShardOwners(sql(), mapping),
    gaps: (mapping) => captureGaps(sql(), mapping),
    remove: () => removeCapture(sql()),
  };
}

export function composeAccess(sql: () => SqlSource, mapping: () => Promise<Mapping>): SourceAccess {
  return {
    fence: async () => fence(sql(), await mapping()),
    unfence: () => unfence(sql()),
    lockOutLogins: () => lockOutLogins(sql()),
    restoreLogins: () => restoreLogins(sql()),
  };
}

/** The source as a verification reads it: all of one generation. */
export interface VerifiedSource {
  readonly mapping: Mapping;
  readonly rows: RowSource;
  readonly changelog: Changelog;
  /** Digests of rows and MD5 of bodies, computed in the source. */
  readonly rowDigests: RowDigests;
  readonly bodyMd5: BodyMd5;
  /** What a verification must not see changed. */
  readonly sourceState: ReadSourceState;
}

export function composeVerified(sql: SqlSource, mapping: Mapping): VerifiedSource {
  return {
    mapping,
    rows: createRowSource(sql, mapping),
    changelog: createChangelog(sql),
    rowDigests: createRowDigests(sql, mapping),
    bodyMd5: createBodyMd5(sql, mapping),
    sourceState: createSourceState(sql, mapping),
  };
}

/** A restored copy of the source beside the live one. */
export function composeComparison(live: SqlSource, copy: SqlSource, mapping: Mapping): RestoredPorts {
  const changelog = createChangelog(copy);
  return {
    restored: createRowSource(copy, mapping),
    live: createRowSource(live, mapping),
    newest: (table, identities) => newestChanges(live, table, identities),
    highest: () => highestChange(copy),
    status: (xid) => changelog.status(xid),
  };
}
