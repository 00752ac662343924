import { sqlstateOf } from '../../../src/adapters/postgres/connection/statement-failed.ts';
import { UniqueTaken } from '../../../src/domain/errors.ts';
import { isRule } from '../bypass-writer.ts';
import type { JournalOperation, Values } from '../journal-client.ts';
import type { LedgerWrite } from '../ledger/ledger.ts';
import { withRetry } from '../retry.ts';
import { idOf, settleColumns } from '../ledger/canonical-row.ts';
import { freshRow, parentsOf } from './fresh-row.ts';
import { readBack } from './reads.ts';
import { pick } from './operation-context.ts';
import type { Scene } from './operation-context.ts';
import { shapeOf } from './entity-shape.ts';
import { clientKey } from './row-pool.ts';
import type { Known } from './row-pool.ts';
import { columnOf } from './sql.ts';
import type { SurveyedEntity } from './database-profile.ts';
import { changedValue } from './values.ts';

const PATIENCE_MS = 30_000;
const TRIES = 60;

/** One write through the client, entered in the ledger before and after. */
export async function writeSomething(scene: Scene): Promise<void> {
  const roll = scene.random.between(1, 100);
  if (roll <= 55) return update(scene);
  if (roll <= 80) return insert(scene);
  if (roll <= 92) return remove(scene);
  return updateTogether(scene);
}

async function update(scene: Scene): Promise<void> {
  const changed = changedRow(scene);
  if (changed === null) return;
  const { before, after, changes } = changed;
  const settled = await acknowledged(
    scene,
    [scene.shelf.write(before, { set: settleColumns(shapeOf(before.entity).columns, changes) })],
    () => scene.client.update(before.entity.entity, clientKey(before), changes),
    [before],
  );
  if (!settled) return;
  scene.shelf.settle(scene.worker, after);
  if (scene.random.chance(0.3)) await readBack(scene, after);
}

/** Two rows in one transaction: both or neither (RACE 18). */
async function updateTogether(scene: Scene): Promise<void> {
  const first = changedRow(scene);
  const second = changedRow(scene);
  if (first === null || second === null || sameRow(first.before, second.before)) return;
  const pair = [first, second];
  const settled = await acknowledged(
    scene,
    pair.map(({ before, changes }) =>
      scene.shelf.write(before, { set: settleColumns(shapeOf(before.entity).columns, changes) }),
    ),
    () =>
      scene.client.transact(
        pair.map(({ before, changes }): JournalOperation => {
          return { update: before.entity.entity, key: clientKey(before), changes };
        }),
      ),
    pair.map(({ before }) => before),
  );
  if (settled) for (const { after } of pair) scene.shelf.settle(scene.worker, after);
}

async function insert(scene: Scene): Promise<void> {
  const entity = pick(
    scene,
    scene.survey.entities.filter(({ inserts }) => inserts === 'client'),
  );
  const made = entity === null ? null : newRow(scene, entity);
  if (made === null) return;
  const { known, row } = made;
  // A put of a row that is there would change it, and it is somebody else's.
  const there = await scene.client.get(known.entity.entity, clientKey(known)).catch(() => undefined);
  if (there !== null) return;
  const settled = await acknowledged(
    scene,
    [scene.shelf.write(known, { put: known.row })],
    () => scene.client.put(known.entity.entity, row),
    [known],
  );
  if (!settled) return;
  scene.shelf.settle(scene.worker, known);
  if (scene.random.chance(0.3)) await readBack(scene, known);
}

async function remove(scene: Scene): Promise<void> {
  const entity = pick(
    scene,
    scene.survey.entities.filter(({ deletes }) => deletes),
  );
  const known = entity === null ? null : pick(scene, scene.shelf.made(scene.worker, entity));
  if (known === null) return;
  const settled = await acknowledged(
    scene,
    [scene.shelf.write(known, { deleted: true })],
    () => scene.client.delete(known.entity.entity, clientKey(known)),
    [known],
  );
  if (settled) scene.shelf.retire(scene.worker, known);
}

export interface Changed {
  readonly before: Known;
  readonly after: Known;
  readonly changes: Values;
}

/** One or two columns of a row of this worker's, changed; null where there is nothing that may be. */
export function changedRow(scene: Scene): Changed | null {
  const entity = pick(
    scene,
    scene.survey.entities.filter(({ updates }) => updates.length > 0),
  );
  const before = entity === null ? null : pick(scene, scene.shelf.own(scene.worker, entity));
  if (entity === null || before === null) return null;
  const changes: Record<string, Values[string]> = {};
  for (const name of new Set([pick(scene, entity.updates), pick(scene, entity.updates)])) {
    if (name === null) continue;
    const column = columnOf(entity, name);
    const value = changedValue(scene.random, column, before.row[name] ?? null, parentsOf(scene.survey, column));
    if (value !== undefined && value !== null) changes[name] = value;
  }
  if (Object.keys(changes).length === 0) return null;
  const set = settleColumns(shapeOf(entity).columns, changes);
  return { before, after: { ...before, row: { ...before.row, ...set } }, changes };
}

export function newRow(scene: Scene, entity: SurveyedEntity): { readonly known: Known; readonly row: Values } | null {
  const shape = shapeOf(entity);
  const empty = Object.fromEntries(Object.keys(shape.columns).map((name) => [name, null]));
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = freshRow(scene.random, scene.survey, entity);
    if (row === null) return null;
    const settled = settleColumns(shape.columns, { ...empty, ...row });
    const id = idOf(entity.identity, settled);
    if (!scene.shelf.owns(scene.worker, entity, id) || !scene.shelf.isNew(entity, id)) continue;
    return { known: { entity, id, row: settled, found: false }, row };
  }
  return null;
}

async function acknowledged(
  { ledger, meter, shelf, worker }: Scene,
  writes: readonly LedgerWrite[],
  send: () => Promise<unknown>,
  rows: readonly Known[],
): Promise<boolean> {
  const attempt = ledger.attempt(writes);
  const start = performance.now();
  try {
    await withRetry(PATIENCE_MS, meter.retried, send);
  } catch (error) {
    // Whatever became of it, nobody writes these rows again.
    for (const known of rows) shelf.retire(worker, known);
    if (error instanceof UniqueTaken || isRule(sqlstateOf(error) ?? '')) meter.refused();
    else meter.failed('write', error);
    return false;
  }
  ledger.ack(attempt);
  meter.ok('write', performance.now() - start);
  return true;
}

function sameRow(left: Known, right: Known): boolean {
  return left.entity === right.entity && left.id === right.id;
}
