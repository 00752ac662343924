import { sqlstateOf } from '../../../src/adapters/postgres/connection/statement-failed.ts';
import { UniqueTaken } from '../../../src/domain/errors.ts';
import { isRule } from '../bypass-writer.ts';
import type { TrafficOperation, Values } from '../traffic-client.ts';
import type { LedgerWrite } from '../ledger/ledger.ts';
import { withRetry } from '../retry.ts';
import { idOf, canonicalColumns } from '../ledger/canonical-row.ts';
import { freshRow, parentsOf } from './fresh-row.ts';
import { readBack } from './reads.ts';
import { pick } from './operation-context.ts';
import type { OperationContext } from './operation-context.ts';
import { shapeOf } from './entity-shape.ts';
import { clientKey } from './row-pool.ts';
import type { KnownRow } from './row-pool.ts';
import { columnOf } from './sql.ts';
import type { ProfiledEntity } from './database-profile.ts';
import { changedValue } from './values.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

const PATIENCE_MS = 30_000;
const TRIES = 60;

/** One write through the client, entered in the ledger before and after. */
export async function writeSomething(context: OperationContext): Promise<void> {
  const roll = context.random.between(1, 100);
  if (roll <= 55) return update(context);
  if (roll <= 80) return insert(context);
  if (roll <= 92) return remove(context);
  return updateTogether(context);
}

async function update(context: OperationContext): Promise<void> {
  const changed = changedRow(context);
  if (changed === null) return;
  const { before, after, changes } = changed;
  const settled = await acknowledged(
    context,
    [context.rowPool.write(before, { set: canonicalColumns(shapeOf(before.entity).columns, changes) })],
    () => context.client.update(before.entity.entity, clientKey(before), changes),
    [before],
  );
  if (!settled) return;
  context.rowPool.recordWrite(context.worker, after);
  if (context.random.chance(0.3)) await readBack(context, after);
}

/** Two rows in one transaction: both or neither (RACE-18). */
async function updateTogether(context: OperationContext): Promise<void> {
  const first = changedRow(context);
  const second = changedRow(context);
  if (first === null || second === null || sameRow(first.before, second.before)) return;
  const pair = [first, second];
  const settled = await acknowledged(
    context,
    pair.map(({ before, changes }) =>
      context.rowPool.write(before, { set: canonicalColumns(shapeOf(before.entity).columns, changes) }),
    ),
    () =>
      context.client.transact(
        pair.map(({ before, changes }): TrafficOperation => {
          return { update: before.entity.entity, key: clientKey(before), changes };
        }),
      ),
    pair.map(({ before }) => before),
  );
  if (settled) for (const { after } of pair) context.rowPool.recordWrite(context.worker, after);
}

async function insert(context: OperationContext): Promise<void> {
  const entity = pick(
    context,
    context.profile.entities.filter(({ inserts }) => inserts === 'client'),
  );
  const made = entity === null ? null : newRow(context, entity);
  if (made === null) return;
  const { known, row } = made;
  // A put would change an existing row, which belongs to another writer.
  const there = await context.client.get(known.entity.entity, clientKey(known)).catch(() => undefined);
  if (there !== null) return;
  const settled = await acknowledged(
    context,
    [context.rowPool.write(known, { put: known.row })],
    () => context.client.put(known.entity.entity, row),
    [known],
  );
  if (!settled) return;
  context.rowPool.recordWrite(context.worker, known);
  if (context.random.chance(0.3)) await readBack(context, known);
}

async function remove(context: OperationContext): Promise<void> {
  const entity = pick(
    context,
    context.profile.entities.filter(({ deletes }) => deletes),
  );
  const known = entity === null ? null : pick(context, context.rowPool.made(context.worker, entity));
  if (known === null) return;
  const settled = await acknowledged(
    context,
    [context.rowPool.write(known, { deleted: true })],
    () => context.client.delete(known.entity.entity, clientKey(known)),
    [known],
  );
  if (settled) context.rowPool.retire(context.worker, known);
}

export interface Changed {
  readonly before: KnownRow;
  readonly after: KnownRow;
  readonly changes: Values;
}

/** Changes one or two columns of a row of this worker; null if no column may change. */
export function changedRow(context: OperationContext): Changed | null {
  const entity = pick(
    context,
    context.profile.entities.filter(({ updates }) => updates.length > 0),
  );
  const before = entity === null ? null : pick(context, context.rowPool.own(context.worker, entity));
  if (entity === null || before === null) return null;
  const changes: Record<string, Values[string]> = {};
  for (const name of new Set([pick(context, entity.updates), pick(context, entity.updates)])) {
    if (name === null) continue;
    const column = columnOf(entity, name);
    const value = changedValue(
      context.random,
      column,
      ownProperty(before.row, name) ?? null,
      parentsOf(context.profile, column),
    );
    if (value !== undefined && value !== null) changes[name] = value;
  }
  if (Object.keys(changes).length === 0) return null;
  const set = canonicalColumns(shapeOf(entity).columns, changes);
  return { before, after: { ...before, row: { ...before.row, ...set } }, changes };
}

export function newRow(
  context: OperationContext,
  entity: ProfiledEntity,
): { readonly known: KnownRow; readonly row: Values } | null {
  const shape = shapeOf(entity);
  // Of a column that PostgreSQL fills in nothing is known, and nothing promised.
  const filled = new Set(entity.columns.filter((column) => column.filled).map(({ name }) => name));
  const names = Object.keys(shape.columns).filter((name) => !filled.has(name));
  const empty = Object.fromEntries(names.map((name) => [name, null]));
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = freshRow(context.random, context.profile, entity);
    if (row === null) return null;
    const settled = canonicalColumns(shape.columns, { ...empty, ...row });
    const id = idOf(entity.identity, settled);
    if (!context.rowPool.owns(context.worker, entity, id) || !context.rowPool.isNew(entity, id)) continue;
    return { known: { entity, id, row: settled, found: false }, row };
  }
  return null;
}

async function acknowledged(
  { ledger, trafficMetrics, rowPool, worker }: OperationContext,
  writes: readonly LedgerWrite[],
  send: () => Promise<unknown>,
  rows: readonly KnownRow[],
): Promise<boolean> {
  const attempt = ledger.attempt(writes);
  const start = performance.now();
  try {
    await withRetry(PATIENCE_MS, trafficMetrics.retried, send);
  } catch (error) {
    // Whatever the outcome, these rows are not written again.
    for (const known of rows) rowPool.retire(worker, known);
    if (error instanceof UniqueTaken || isRule(sqlstateOf(error) ?? '')) trafficMetrics.refused();
    else trafficMetrics.failed('write', error);
    return false;
  }
  ledger.ack(attempt);
  trafficMetrics.ok('write', performance.now() - start);
  return true;
}

function sameRow(left: KnownRow, right: KnownRow): boolean {
  return left.entity === right.entity && left.id === right.id;
}
