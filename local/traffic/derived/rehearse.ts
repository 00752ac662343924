import type { Client } from 'pg';

import type { Random } from '../../../examples/campaigns/generator/random.ts';
import { settleColumns, type SettledRow } from '../settled-row.ts';
import { freshRow, parentsOf } from './fresh-row.ts';
import { shapeOf } from './shape.ts';
import { deleteSql, insertSql, selectSql, updateSql } from './sql.ts';
import type { Survey, SurveyedColumn, SurveyedEntity } from './survey.ts';
import { changedValue } from './values.ts';
import type { Values } from '../journal-client.ts';

const TRIES = 3;

/**
 * Tries each kind of write once on PostgreSQL and rolls it back. What constraints, triggers or rules refuse is left out of the traffic; what
 * triggers change is not promised by the ledger; tables that they write to are left to them.
 */
export async function rehearse(client: Client, survey: Survey, random: Random): Promise<Survey> {
  const entities: SurveyedEntity[] = [];
  const elsewhere = new Set<string>();
  for (const entity of survey.entities) {
    await client.query('BEGIN');
    try {
      entities.push(await tryOut({ client, survey, random, elsewhere }, entity));
    } finally {
      await client.query('ROLLBACK');
    }
  }
  return {
    ...survey,
    entities: entities.map((entity) =>
      elsewhere.has(entity.relation) ? { ...entity, updates: [], inserts: 'never', deletes: false } : entity,
    ),
  };
}

interface Stage {
  readonly client: Client;
  readonly survey: Survey;
  readonly random: Random;
  /** Tables other than the one written to that something was written to. */
  readonly elsewhere: Set<string>;
}

async function tryOut(stage: Stage, entity: SurveyedEntity): Promise<SurveyedEntity> {
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
  // An identity that the database makes itself is none that the traffic could find its row by.
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
async function tryUpdate(stage: Stage, entity: SurveyedEntity, column: SurveyedColumn): Promise<string[] | null> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = entity.rows[stage.random.between(0, entity.rows.length - 1)];
    if (row === undefined) return null;
    const known = column.references === null ? [] : parentsOf(stage.survey, column);
    const value = changedValue(stage.random, column, row[column.name] ?? null, known);
    if (value === undefined || value === null) continue;
    const changes: Values = { [column.name]: value };
    const shape = shapeOf(entity);
    const after = await attempt(stage, entity, updateSql(entity, [row], changes));
    if (after !== null)
      return differing({ ...row, ...settleColumns(shape.columns, changes) }, settleColumns(shape.columns, after));
  }
  return null;
}

async function tryInsert(
  stage: Stage,
  entity: SurveyedEntity,
): Promise<{ readonly how: 'client' | 'plain'; readonly changed: string[]; readonly deletes: boolean } | null> {
  const shape = shapeOf(entity);
  for (const how of ['client', 'plain'] as const) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const row = freshRow(stage.random, stage.survey, entity);
      if (row === null) return null;
      const given = settleColumns(shape.columns, row);
      const { text, values } = insertSql(entity, row, how === 'client');
      // A rule that puts the row elsewhere answers nothing: it is looked for.
      await attempt(stage, entity, { text, values });
      const after = await attempt(stage, entity, selectSql(entity, given));
      if (after === null) continue;
      const deletes = (await attempt(stage, entity, deleteSql(entity, given))) !== null;
      return { how, changed: differing(given, settleColumns(shape.columns, after)), deletes };
    }
  }
  return null;
}

/** The row that the statement answered, null where PostgreSQL refused it or touched no row. */
async function attempt(
  { client, elsewhere }: Stage,
  { relation }: SurveyedEntity,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<Readonly<Record<string, unknown>> | null> {
  await client.query('SAVEPOINT rehearsal');
  try {
    const answer = await client.query<Record<string, unknown>>(text, [...values]);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    const touched = await client.query<{ name: string }>(
      `SELECT DISTINCT coalesce(root.relname, own.relname) AS name FROM pg_stat_xact_user_tables s
       JOIN pg_class own ON own.oid = s.relid
       LEFT JOIN LATERAL (
         WITH RECURSIVE up AS (
           SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = s.relid
           UNION ALL SELECT i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.inhparent)
         SELECT c.relname FROM up JOIN pg_class c ON c.oid = up.inhparent
         WHERE NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = up.inhparent) LIMIT 1) root ON true
       WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND s.schemaname <> 'portage'`,
    );
    for (const { name } of touched.rows) if (name !== relation) elsewhere.add(name);
    return answer.rows[0] ?? null;
  } catch {
    await client.query('ROLLBACK TO SAVEPOINT rehearsal');
    return null;
  }
}

function differing(expected: SettledRow, found: SettledRow): string[] {
  return Object.keys(expected).filter((name) => name in found && (expected[name] ?? null) !== (found[name] ?? null));
}
