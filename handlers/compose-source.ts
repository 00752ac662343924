import { createChangelog } from '../src/adapters/postgres/changelog.ts';
import {
  captureGaps,
  dischargeChanges,
  installCapture,
  openWriters,
  removeCapture,
  stillOpen,
} from '../src/adapters/postgres/capture.ts';
import { readCatalogue } from '../src/adapters/postgres/catalogue.ts';
import { fence, unfence } from '../src/adapters/postgres/fence.ts';
import { lockOutLogins, restoreLogins } from '../src/adapters/postgres/logins.ts';
import { highestChange, newestChanges } from '../src/adapters/postgres/newest-changes.ts';
import { createRowSource } from '../src/adapters/postgres/rows.ts';
import { readShardOwners } from '../src/adapters/postgres/shard-owners.ts';
import type { Capture } from '../src/domain/load/install.ts';
import type { Mapping } from '../src/domain/mapping/mapping.ts';
import type { SqlSource } from '../src/domain/ports/source.ts';
import type { SourceAccess } from '../src/domain/ports/source-access.ts';
import type { RestoredPorts } from '../src/domain/verification/compare-restored.ts';

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

/** A restored copy of the source beside the live one. */
export function composeComparison(
  live: SqlSource,
  copy: SqlSource,
  mapping: Mapping,
  generation: number,
): RestoredPorts {
  const changelog = createChangelog(copy, { generation });
  return {
    restored: createRowSource(copy, mapping, generation),
    live: createRowSource(live, mapping, generation),
    newest: (table, identities) => newestChanges(live, table, identities),
    highest: () => highestChange(copy),
    status: (xid) => changelog.status(xid),
  };
}
