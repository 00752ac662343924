import type { Statement } from '../bypass-writer.ts';
import { settleColumns } from '../ledger/canonical-row.ts';
import { pick } from './operation-context.ts';
import type { Scene } from './operation-context.ts';
import { shapeOf } from './entity-shape.ts';
import type { Known } from './row-pool.ts';
import { deleteSql, insertSql, updateSql } from './sql.ts';
import { changedRow, newRow } from './writes.ts';

const MOST_ROWS = 10;

/** A job that writes past the client, with plain SQL; null where it finds nothing to do. */
export function jobStatement(scene: Scene): Statement | null {
  const roll = scene.random.between(1, 100);
  return (roll <= 60 ? change(scene) : roll <= 85 ? insert(scene) : remove(scene)) ?? change(scene);
}

/** One statement over several rows; a unique value is for one only. */
function change(scene: Scene): Statement | null {
  const changed = changedRow(scene);
  if (changed === null) return null;
  const { before, changes } = changed;
  const { entity } = before;
  const single = Object.keys(changes).some((name) => entity.columns.some((one) => one.name === name && one.unique));
  const others = scene.shelf.own(scene.worker, entity).filter(({ id }) => id !== before.id);
  const rows = single ? [before] : [before, ...others.slice(0, scene.random.between(0, MOST_ROWS - 1))];
  const set = settleColumns(shapeOf(entity).columns, changes);
  return {
    ...updateSql(
      entity,
      rows.map(({ row }) => row),
      changes,
    ),
    writes: rows.map((known) => scene.shelf.write(known, { set })),
    done: () => {
      for (const known of rows) scene.shelf.settle(scene.worker, { ...known, row: { ...known.row, ...set } });
    },
    inDoubt: () => retire(scene, rows),
  };
}

function insert(scene: Scene): Statement | null {
  const entity = pick(
    scene,
    scene.survey.entities.filter(({ inserts }) => inserts !== 'never'),
  );
  const made = entity === null ? null : newRow(scene, entity);
  if (entity === null || made === null) return null;
  const { known, row } = made;
  return {
    // Where the row is there already, its key refuses it.
    ...insertSql(entity, row, false),
    writes: [scene.shelf.write(known, { put: known.row })],
    done: () => scene.shelf.settle(scene.worker, known),
    inDoubt: () => retire(scene, [known]),
  };
}

function remove(scene: Scene): Statement | null {
  const entity = pick(
    scene,
    scene.survey.entities.filter(({ deletes }) => deletes),
  );
  const known = entity === null ? null : pick(scene, scene.shelf.made(scene.worker, entity));
  if (entity === null || known === null) return null;
  return {
    ...deleteSql(entity, known.row),
    writes: [scene.shelf.write(known, { deleted: true })],
    done: () => scene.shelf.retire(scene.worker, known),
    inDoubt: () => retire(scene, [known]),
  };
}

function retire(scene: Scene, rows: readonly Known[]): void {
  for (const known of rows) scene.shelf.retire(scene.worker, known);
}
