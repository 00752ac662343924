import { randomUUID } from 'node:crypto';

import type { Statement } from '../bypass-writer.ts';
import * as compose from './new-rows.ts';
import type { Entry } from './journal.ts';
import type { LedgerWrite } from '../ledger/ledger.ts';
import { CONTENDED_CHARACTERS, ownIndex } from './operation-context.ts';
import type { Scene } from './operation-context.ts';
import { settleRow } from '../ledger/canonical-row.ts';

/** A nightly job of long ago writes past the client; null where it finds nothing to do. */
export function nightlyStatement(scene: Scene): Statement | null {
  const roll = scene.random.between(1, 100);
  if (roll <= 30) return insertSession(scene);
  if (roll <= 60) return levelUp(scene, 1);
  if (roll <= 85) return levelUp(scene, scene.random.between(5, 40));
  return deleteCharacter(scene);
}

function insertSession(scene: Scene): Statement {
  const row = { ...compose.newSession(scene), id: randomUUID(), title: 'written by the nightly job' };
  const columns = Object.keys(row);
  const entry: Entry = { entity: 'SESSION', id: row.id, row: settleRow('SESSION', row) };
  return {
    text: `INSERT INTO sessions (${columns.join(', ')}) VALUES (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
    values: Object.values(row),
    writes: [{ entity: 'SESSION', id: row.id, change: { put: entry.row } }],
    done: () => scene.journal.settle(scene.worker, entry),
    inDoubt: () => retire(scene, [entry]),
  };
}

/** One statement over many rows, more than a dual write could carry in a transaction of its own. */
function levelUp(scene: Scene, count: number): Statement | null {
  const picked = new Map<string, Entry>();
  for (let i = 0; i < count; i += 1) {
    const entry = scene.journal.seeded(
      'CHARACTER',
      ownIndex(scene, scene.journal.size.characters, CONTENDED_CHARACTERS),
    );
    if (entry !== null) picked.set(entry.id, entry);
  }
  const entries = [...picked.values()];
  if (entries.length === 0) return null;
  const changes = { level: scene.random.between(1, 20), is_alive: true };
  const set = settleRow('CHARACTER', changes);
  return {
    text: 'UPDATE characters SET level = $1, is_alive = $2 WHERE id = ANY($3::uuid[])',
    values: [changes.level, changes.is_alive, entries.map((entry) => entry.id)],
    writes: entries.map((entry) => seededWrite(entry, { set })),
    done: () =>
      entries.forEach((entry) => scene.journal.settle(scene.worker, { ...entry, row: { ...entry.row, ...set } })),
    inDoubt: () => retire(scene, entries),
  };
}

function deleteCharacter(scene: Scene): Statement | null {
  const index = ownIndex(scene, scene.journal.size.characters, CONTENDED_CHARACTERS);
  const entry = scene.journal.seeded('CHARACTER', index);
  if (entry === null) return null;
  return {
    text: 'DELETE FROM characters WHERE id = $1',
    values: [entry.id],
    writes: [seededWrite(entry, { deleted: true })],
    done: () => retire(scene, [entry]),
    inDoubt: () => retire(scene, [entry]),
  };
}

function seededWrite({ entity, id, seeded }: Entry, change: LedgerWrite['change']): LedgerWrite {
  return seeded === undefined ? { entity, id, change } : { entity, id, change, seeded };
}

function retire(scene: Scene, entries: readonly Entry[]): void {
  for (const { entity, id } of entries) scene.journal.retire(scene.worker, entity, id);
}
