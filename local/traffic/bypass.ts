import { randomUUID } from 'node:crypto';

import { Client } from 'pg';

import * as compose from './compositions.ts';
import type { Entry } from './journal.ts';
import type { LedgerWrite } from './ledger.ts';
import { CONTENDED_CHARACTERS, ownIndex } from './scene.ts';
import type { Scene } from './scene.ts';
import { settleRow } from './settled-row.ts';

/** A nightly job of long ago: it writes with plain SQL under a login of its own, and knows nothing of a migration. */
export interface Bypass {
  write(scene: Scene): Promise<void>;
  /** False once PostgreSQL has locked it out. */
  readonly alive: boolean;
  close(): Promise<void>;
}

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly writes: readonly LedgerWrite[];
  readonly done: () => void;
}

/** Refusals in a row after which the job is taken for switched off. */
const GIVES_UP_AFTER = 5;

export function createBypass(url: string): Bypass {
  let client: Client | null = null;
  let refusals = 0;
  const connected = async (): Promise<Client> => {
    if (client !== null) return client;
    const fresh = new Client({
      connectionString: url,
      application_name: 'nightly-job',
      connectionTimeoutMillis: 3_000,
    });
    // A terminated connection is an event of its own; the query in flight fails as well.
    fresh.on('error', () => {
      if (client === fresh) client = null;
    });
    await fresh.connect();
    client = fresh;
    return fresh;
  };
  return {
    get alive() {
      return refusals < GIVES_UP_AFTER;
    },
    async write(scene) {
      const statement = statementOf(scene);
      if (statement === null) return;
      let attempt: number | null = null;
      const start = performance.now();
      try {
        const connection = await connected();
        attempt = scene.ledger.attempt(statement.writes);
        await connection.query(statement.text, [...statement.values]);
      } catch (error) {
        for (const { entity, id } of statement.writes) scene.journal.retire(scene.worker, entity, id);
        const late = LATE.has(scene.mode()?.mode ?? 'off');
        if (late) refusals += 1;
        if (late) scene.meter.lockedOut();
        else scene.meter.failed('bypass', error);
        return;
      }
      refusals = 0;
      scene.ledger.ack(attempt);
      scene.meter.ok('bypass', performance.now() - start);
      statement.done();
    },
    async close() {
      await client?.end().catch(() => undefined);
    },
  };
}

/** Modes in which other logins may have been locked out already: from the last stage of reads on. */
const LATE: ReadonlySet<string> = new Set(['reads', 'drained', 'complete', 'stopped']);

function statementOf(scene: Scene): Statement | null {
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
    done: () => scene.journal.retire(scene.worker, 'CHARACTER', entry.id),
  };
}

function seededWrite({ entity, id, seeded }: Entry, change: LedgerWrite['change']): LedgerWrite {
  return seeded === undefined ? { entity, id, change } : { entity, id, change, seeded };
}
