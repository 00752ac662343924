import type { Client } from 'pg';

import type { Random } from '../../../examples/campaigns/generator/random.ts';
import { canonicalColumns, canonicalStored, type CanonicalRow } from '../ledger/canonical-row.ts';
import { freshRow, parentsOf } from './fresh-row.ts';
import { shapeOf } from './entity-shape.ts';
import { deleteSql, insertSql, type PlainSql, selectSql, updateSql } from './sql.ts';
import type { DatabaseProfile, ProfiledColumn, ProfiledEntity } from './database-profile.ts';
import { changedValue } from './values.ts';
import type { Values } from '../traffic-client.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

const TRIES = 3;
/** AFTER triggers change rows that the statement itself has returned already; deferred ones run by this at the latest. */
const ALL_TRIGGERS: PlainSql = { text: 'SET CONSTRAINTS ALL IMMEDIATE', values: [] };

/**
 * Tries each kind of write once on PostgreSQL and rolls it back. Writes that constraints, triggers
 * or rules refuse are left out of the traffic; columns that triggers change are not promised by the
 * ledger; tables that triggers write to are left to them.
 */
export async function dryRunWrites(client: Client, profile: DatabaseProfile, random: Random): Promise<DatabaseProfile> {
  const entities: ProfiledEntity[] = [];
  const elsewhere = new Set<string>();
  for (const entity of profile.entities) {
    await client.query('BEGIN');
    try {
      const writtenBefore = await writtenTables(client);
      entities.push(await tryOut({ client, profile, random, elsewhere, writtenBefore }, entity));
    } finally {
      await client.query('ROLLBACK');
    }
  }
  return {
    ...profile,
    entities: entities.map((entity) =>
      elsewhere.has(entity.relation) ? { ...entity, updates: [], inserts: 'never', deletes: false } : entity,
    ),
  };
}

interface Stage {
  readonly client: Client;
  readonly profile: DatabaseProfile;
  readonly random: Random;
  /** Other tables that the write changed as well. */
  readonly elsewhere: Set<string>;
  readonly writtenBefore: ReadonlyMap<string, number>;
}

async function tryOut(stage: Stage, entity: ProfiledEntity): Promise<ProfiledEntity> {
  const made = new Set(entity.made);
  const updates: string[] = [];
  for (const column of entity.columns) {
    if (entity.fixed.includes(column.name) || made.has(column.name) || column.kind === null) continue;
    const changed = await tryUpdate(stage, entity, column);
    if (changed === null) continue;
    for (const name of changed) made.add(name);
    if (!changed.includes(column.name)) updates.push(column.name);
  }
  const inserted = entity.inserts === 'never' ? null : await tryInsert(stage, entity);
  for (const name of inserted?.changed ?? []) made.add(name);
  // The traffic could not find its row by an identity that the database generates.
  const lost = entity.identity.some((name) => made.has(name));
  return {
    ...entity,
    made: [...made],
    updates: lost ? [] : updates.filter((name) => !made.has(name)),
    inserts: lost ? 'never' : (inserted?.how ?? 'never'),
    deletes: inserted?.deletes ?? false,
  };
}

/** Columns that came out other than they were or were set to; null where PostgreSQL took no such update. */
async function tryUpdate(stage: Stage, entity: ProfiledEntity, column: ProfiledColumn): Promise<string[] | null> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = entity.rows[stage.random.between(0, entity.rows.length - 1)];
    if (row === undefined) return null;
    const known = column.references === null ? [] : parentsOf(stage.profile, column);
    const value = changedValue(stage.random, column, ownProperty(row, column.name) ?? null, known);
    if (value === undefined || value === null) continue;
    const changes: Values = { [column.name]: value };
    const shape = shapeOf(entity);
    const given = { ...row, ...canonicalColumns(shape.columns, changes) };
    const steps = [updateSql(entity, [row], changes), ALL_TRIGGERS, selectSql(entity, given)];
    const [, , after = null] = await attempt(stage, entity, steps);
    if (after !== null) return differing(given, canonicalStored(shape.columns, after));
  }
  return null;
}

async function tryInsert(
  stage: Stage,
  entity: ProfiledEntity,
): Promise<{ readonly how: 'client' | 'plain'; readonly changed: string[]; readonly deletes: boolean } | null> {
  const shape = shapeOf(entity);
  for (const how of ['client', 'plain'] as const) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const row = freshRow(stage.random, stage.profile, entity);
      if (row === null) return null;
      const given = canonicalColumns(shape.columns, row);
      // A rule that redirects the row returns nothing, so the row is searched for.
      const find = selectSql(entity, given);
      const steps = [find, insertSql(entity, row, how === 'client'), ALL_TRIGGERS, find];
      const [present = null, , , after = null] = await attempt(stage, entity, steps);
      // The client's put changes a row that is there, whose other columns then look as if the database had made them.
      if (present !== null || after === null) continue;
      const [, , , , gone = null] = await attempt(stage, entity, [...steps, deleteSql(entity, given)]);
      const deletes = gone !== null;
      return { how, changed: differing(given, canonicalStored(shape.columns, after)), deletes };
    }
  }
  return null;
}

/**
 * The first row that each statement returned, null for none; undefined if PostgreSQL refused one.
 * Everything is rolled back.
 */
async function attempt(
  { client, elsewhere, writtenBefore }: Stage,
  { relation }: ProfiledEntity,
  steps: readonly PlainSql[],
): Promise<readonly (Readonly<Record<string, unknown>> | null)[]> {
  await client.query('SAVEPOINT dry_run');
  try {
    const answers: (Readonly<Record<string, unknown>> | null)[] = [];
    for (const { text, values } of steps) {
      const answer = await client.query<Record<string, unknown>>(text, [...values]);
      answers.push(answer.rows[0] ?? null);
    }
    await client.query(ALL_TRIGGERS.text);
    for (const [name, rows] of await writtenTables(client)) {
      if (name !== relation && rows > (writtenBefore.get(name) ?? 0)) elsewhere.add(name);
    }
    return answers;
  } catch {
    return [];
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT dry_run');
  }
}

/** Rows written by this session and not yet reported, by the table at the root of the one they lie in. */
async function writtenTables(client: Client): Promise<ReadonlyMap<string, number>> {
  const answer = await client.query<{ name: string; rows: number }>(
    `WITH RECURSIVE up AS (
       SELECT s.relid, s.relid AS at, s.n_tup_ins + s.n_tup_upd + s.n_tup_del AS rows FROM pg_stat_xact_user_tables s
       UNION ALL SELECT up.relid, i.inhparent, up.rows FROM up JOIN pg_inherits i ON i.inhrelid = up.at)
     SELECT c.relname AS name, sum(up.rows)::float8 AS rows FROM up JOIN pg_class c ON c.oid = up.at
     WHERE NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = up.at) GROUP BY 1`,
  );
  return new Map(answer.rows.map(({ name, rows }) => [name, rows]));
}

function differing(expected: CanonicalRow, found: CanonicalRow): string[] {
  return Object.keys(expected).filter(
    (name) =>
      Object.hasOwn(found, name) && (ownProperty(expected, name) ?? null) !== (ownProperty(found, name) ?? null),
  );
}
