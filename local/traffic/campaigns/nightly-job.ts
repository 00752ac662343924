import { randomUUID } from 'node:crypto';

import type { BypassStatement } from '../bypass-writer.ts';
import * as compose from './new-rows.ts';
import type { KnownRow } from './campaign-rows.ts';
import type { LedgerWrite } from '../ledger/ledger.ts';
import { CONTENDED_CHARACTERS, ownIndex } from './operation-context.ts';
import type { OperationContext } from './operation-context.ts';
import { canonicalRow } from '../ledger/canonical-row.ts';

/** A legacy nightly job that bypasses the client; null if it has nothing to do. */
export function nightlyStatement(context: OperationContext): BypassStatement | null {
  const roll = context.random.between(1, 100);
  if (roll <= 30) return insertSession(context);
  if (roll <= 60) return levelUp(context, 1);
  if (roll <= 85) return levelUp(context, context.random.between(5, 40));
  return deleteCharacter(context);
}

function insertSession(context: OperationContext): BypassStatement {
  const row = { ...compose.newSession(context), id: randomUUID(), title: 'written by the nightly job' };
  const columns = Object.keys(row);
  const entry: KnownRow = { entity: 'SESSION', id: row.id, row: canonicalRow('SESSION', row) };
  return {
    text: `INSERT INTO sessions (${columns.join(', ')}) VALUES (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
    values: Object.values(row),
    writes: [{ entity: 'SESSION', id: row.id, change: { put: entry.row } }],
    done: () => context.campaignRows.recordWrite(context.worker, entry),
    inDoubt: () => retire(context, [entry]),
  };
}

/** One statement over many rows, more than a dual write's transaction can hold. */
function levelUp(context: OperationContext, count: number): BypassStatement | null {
  const picked = new Map<string, KnownRow>();
  for (let i = 0; i < count; i += 1) {
    const entry = context.campaignRows.seeded(
      'CHARACTER',
      ownIndex(context, context.campaignRows.size.characters, CONTENDED_CHARACTERS),
    );
    if (entry !== null) picked.set(entry.id, entry);
  }
  const entries = [...picked.values()];
  if (entries.length === 0) return null;
  const changes = { level: context.random.between(1, 20), is_alive: true };
  const set = canonicalRow('CHARACTER', changes);
  return {
    text: 'UPDATE characters SET level = $1, is_alive = $2 WHERE id = ANY($3::uuid[])',
    values: [changes.level, changes.is_alive, entries.map((entry) => entry.id)],
    writes: entries.map((entry) => seededWrite(entry, { set })),
    done: () =>
      entries.forEach((entry) =>
        context.campaignRows.recordWrite(context.worker, { ...entry, row: { ...entry.row, ...set } }),
      ),
    inDoubt: () => retire(context, entries),
  };
}

function deleteCharacter(context: OperationContext): BypassStatement | null {
  const index = ownIndex(context, context.campaignRows.size.characters, CONTENDED_CHARACTERS);
  const entry = context.campaignRows.seeded('CHARACTER', index);
  if (entry === null) return null;
  return {
    text: 'DELETE FROM characters WHERE id = $1',
    values: [entry.id],
    writes: [seededWrite(entry, { deleted: true })],
    done: () => retire(context, [entry]),
    inDoubt: () => retire(context, [entry]),
  };
}

function seededWrite({ entity, id, seeded }: KnownRow, change: LedgerWrite['change']): LedgerWrite {
  return seeded === undefined ? { entity, id, change } : { entity, id, change, seeded };
}

function retire(context: OperationContext, entries: readonly KnownRow[]): void {
  for (const { entity, id } of entries) context.campaignRows.retire(context.worker, entity, id);
}
