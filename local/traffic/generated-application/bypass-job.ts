import type { BypassStatement } from '../bypass-writer.ts';
import { canonicalColumns } from '../ledger/canonical-row.ts';
import { pick } from './operation-context.ts';
import type { OperationContext } from './operation-context.ts';
import { shapeOf } from './entity-shape.ts';
import type { KnownRow } from './row-pool.ts';
import { deleteSql, insertSql, updateSql } from './sql.ts';
import { changedRow, newRow } from './writes.ts';

const MOST_ROWS = 10;

/** A job that bypasses the client with plain SQL; null if it has nothing to do. */
export function bypassStatement(context: OperationContext): BypassStatement | null {
  const roll = context.random.between(1, 100);
  return (roll <= 60 ? change(context) : roll <= 85 ? insert(context) : remove(context)) ?? change(context);
}

/** One statement over several rows; a unique value is for one only. */
function change(context: OperationContext): BypassStatement | null {
  const changed = changedRow(context);
  if (changed === null) return null;
  const { before, changes } = changed;
  const { entity } = before;
  const single = Object.keys(changes).some((name) => entity.columns.some((one) => one.name === name && one.unique));
  const others = context.rowPool.own(context.worker, entity).filter(({ id }) => id !== before.id);
  const rows = single ? [before] : [before, ...others.slice(0, context.random.between(0, MOST_ROWS - 1))];
  const set = canonicalColumns(shapeOf(entity).columns, changes);
  return {
    ...updateSql(
      entity,
      rows.map(({ row }) => row),
      changes,
    ),
    writes: rows.map((known) => context.rowPool.write(known, { set })),
    done: () => {
      for (const known of rows)
        context.rowPool.recordWrite(context.worker, { ...known, row: { ...known.row, ...set } });
    },
    inDoubt: () => retire(context, rows),
  };
}

function insert(context: OperationContext): BypassStatement | null {
  const entity = pick(
    context,
    context.profile.entities.filter(({ inserts }) => inserts !== 'never'),
  );
  const made = entity === null ? null : newRow(context, entity);
  if (entity === null || made === null) return null;
  const { known, row } = made;
  return {
    // If the row already exists, its key refuses it.
    ...insertSql(entity, row, false),
    writes: [context.rowPool.write(known, { put: known.row })],
    done: () => context.rowPool.recordWrite(context.worker, known),
    inDoubt: () => retire(context, [known]),
  };
}

function remove(context: OperationContext): BypassStatement | null {
  const entity = pick(
    context,
    context.profile.entities.filter(({ deletes }) => deletes),
  );
  const known = entity === null ? null : pick(context, context.rowPool.made(context.worker, entity));
  if (entity === null || known === null) return null;
  return {
    ...deleteSql(entity, known.row),
    writes: [context.rowPool.write(known, { deleted: true })],
    done: () => context.rowPool.retire(context.worker, known),
    inDoubt: () => retire(context, [known]),
  };
}

function retire(context: OperationContext, rows: readonly KnownRow[]): void {
  for (const known of rows) context.rowPool.retire(context.worker, known);
}
