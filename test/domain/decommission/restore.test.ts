import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ModifyDBClusterCommand } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DatabasesFacts } from '../../../local/stack/databases.ts';
import { type ForkedPart, forkPart } from '../../../local/process/fork-part.ts';
import { createClusters } from '../../../src/adapters/rds/clusters.ts';
import { backupSnapshotId, finalSnapshotId, restoreClusterId } from '../../../src/domain/decommission/names.ts';
import { removeRestored, removeSource } from '../../../src/domain/decommission/removal.ts';
import { ensureRestored, ensureSnapshot, type Readiness } from '../../../src/domain/decommission/restore.ts';
import { MoveRefused, SnapshotFailed } from '../../../src/domain/errors.ts';
import type { ModeState } from '../../../src/domain/mode/modes.ts';
import type { Clusters } from '../../../src/domain/ports/clusters.ts';
import { type Clients, connect } from '../../local/aws/rds/harness.ts';

const SOURCE = 'portage-source';
const complete: ModeState = {
  mode: 'complete',
  readPercent: 100,
  epoch: 9,
  generation: 2,
  stoppedFrom: null,
  mappingRevision: 0,
};

let root: string;
let part: ForkedPart<DatabasesFacts>;
let aws: Clients;
let clusters: Clusters;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-decommission-'));
  part = await forkPart({
    name: 'databases',
    module: new URL('../../../local/stack/databases.ts', import.meta.url).href,
    options: { dataDir: join(root, 'databases') },
    facts: DatabasesFacts,
    logFile: join(root, 'databases.log'),
  });
  aws = connect(part.facts);
  clusters = createClusters({ client: aws.rds });
  await aws.sql('create table kept as select n from generate_series(1, 1000) n');
});

afterAll(async () => {
  aws.destroy();
  await part.stop();
  rmSync(root, { recursive: true, force: true });
});

/** Calls a step until it is ready, as the state machine does; answers what it waited for on the way. */
async function finish<T extends object>(
  step: () => Promise<Readiness<T>>,
): Promise<{ ready: T; waited: readonly string[] }> {
  const waited = new Set<string>();
  for (let calls = 0; calls < 2000; calls += 1) {
    const answer = await step();
    if (answer.ready) return { ready: answer, waited: [...waited] };
    waited.add(answer.waitingFor);
    await pause(20);
  }
  throw new Error(`still waiting for ${[...waited].join(', ')}`);
}

test('RACE-51 a snapshot becomes a second cluster whose content can be read, and RACE-54 nothing of it is left', async () => {
  const snapshot = await finish(() => ensureSnapshot(clusters, SOURCE, backupSnapshotId(SOURCE, 'run 1')));
  expect(snapshot.ready).toMatchObject({ snapshotId: 'portage-source-portage-backup-run-1' });
  const { ready, waited } = await finish(() => ensureRestored(clusters, SOURCE, 'run 1'));
  expect(ready.clusterId).toBe(restoreClusterId(SOURCE, 'run 1'));
  expect(waited).toContain(`the secret of ${ready.clusterId}`);
  const restored = { arn: ready.clusterArn, secretArn: ready.secretArn };
  expect(await aws.sql('select count(*)::int as n from kept', restored)).toEqual([{ n: 1000 }]);
  expect((await clusters.cluster(ready.clusterId))?.tags).toMatchObject({ 'portage:temporary': 'true' });
  // Done again it is done already.
  expect((await ensureRestored(clusters, SOURCE, 'run 1')).ready).toBe(true);
  await finish(() => removeRestored(clusters, SOURCE, 'run 1'));
  expect(await clusters.cluster(ready.clusterId)).toBeNull();
  expect((await clusters.cluster(SOURCE))?.status).toBe('available');
});

test('a snapshot of that name that is not of the source is refused', async () => {
  await expect(ensureSnapshot(clusters, 'another', backupSnapshotId(SOURCE, 'run 1'))).rejects.toThrow(SnapshotFailed);
});

test('RACE-53 the source goes in mode complete only, protection and all, and leaves its final snapshot', async () => {
  const step = (state: ModeState): Promise<Readiness<object>> =>
    removeSource(clusters, { id: SOURCE, source: SOURCE, state, finalSnapshotId: finalSnapshotId(SOURCE, 'run 1') });
  await expect(step({ ...complete, mode: 'drained' })).rejects.toThrow(MoveRefused);
  await aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: SOURCE, DeletionProtection: true }));
  const { waited } = await finish(() => step(complete));
  expect(waited).toContain(`deletion protection of ${SOURCE} to be removed`);
  expect(await clusters.cluster(SOURCE)).toBeNull();
  expect(await clusters.snapshot(finalSnapshotId(SOURCE, 'run 1'))).toMatchObject({
    status: 'available',
    clusterId: SOURCE,
  });
  expect((await step(complete)).ready).toBe(true);
  const other = { id: SOURCE, source: SOURCE, state: complete, finalSnapshotId: 'never-taken' };
  await expect(removeSource(clusters, other)).rejects.toThrow(SnapshotFailed);
});
