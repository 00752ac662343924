import type { EntityFacts, Facts, SearchFacts, SplitFacts, Unmeasured } from '../../../domain/assess/facts.ts';
import { searchesOf } from '../../../domain/assess/searches.ts';
import type { Catalogue } from '../../../domain/catalogue/catalogue.ts';
import { type Subject, subjectsOf } from '../../../domain/plan-check/rules/finding.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { AnswerTooLarge, sqlstateOf, StatementFailed } from '../connection/statement-failed.ts';
import { entitySql, rowsWhere } from '../sql/entity-sql.ts';
import { measureEntity } from './measure-entity.ts';
import { measureHashes } from './measure-logins.ts';
import { measureSearch } from './measure-search.ts';
import { measureSource } from './measure-source.ts';
import { quoteQualified } from '../sql/quote.ts';

/** character_not_in_repertoire: sizes are measured in UTF-8. */
const NOT_UTF8 = '22021';

/**
 * Measures the source as the plan would map it: every row once per entity, one statement after
 * another. A measurement that the source refuses (a call of the Data API ends after 45 s) is
 * reported; the others still run.
 */
export async function measure(sql: Sql, plan: Plan, catalogue: Catalogue): Promise<Facts> {
  const unmeasured: Unmeasured[] = [];
  const tried = async <T>(what: string, ask: () => Promise<T | null>): Promise<readonly T[]> => {
    try {
      const answer = await ask();
      return answer === null ? [] : [answer];
    } catch (error) {
      if (!(error instanceof StatementFailed) && !(error instanceof AnswerTooLarge)) throw error;
      unmeasured.push({ what, reason: error.message, notUtf8: sqlstateOf(error) === NOT_UTF8 });
      return [];
    }
  };
  const subjects = subjectsOf(plan, catalogue);
  const source = await measureSource(sql, plan.source.schema);
  const entities: EntityFacts[] = [];
  for (const subject of subjects)
    entities.push(...(await tried(subject.name, () => measureEntity(sql, entitySql(subject)))));
  const searches: SearchFacts[] = [];
  for (const search of searchesOf(plan, subjects))
    searches.push(...(await tried(`pattern ${search.pattern}`, () => measureSearch(sql, search))));
  const splits: SplitFacts[] = [];
  for (const group of sharedTables(subjects))
    splits.push(...(await tried(`where of ${group[0]?.entity.from ?? ''}`, () => splitOf(sql, group))));
  const [hashes = []] = await tried('auth', () => measureHashes(sql, plan, catalogue));
  return { source, entities, searches, splits, hashes, unmeasured };
}

/** Entities whose table `where` splits. */
function sharedTables(subjects: readonly Subject[]): readonly (readonly Subject[])[] {
  const split = subjects.filter(({ entity }) => Object.keys(entity.where ?? {}).length > 0);
  const tables = [...new Set(split.map(({ entity }) => entity.from))];
  return tables.map((table) => subjects.filter(({ entity }) => entity.from === table));
}

async function splitOf(sql: Sql, group: readonly Subject[]): Promise<SplitFacts | null> {
  const [first] = group;
  if (first === undefined) return null;
  const claims = group.map((subject) => `(${rowsWhere(subject, subject.entity.where ?? {})})::int`).join(' + ');
  const [row = {}] = await sql.query(
    `SELECT (count(*) FILTER (WHERE ${claims} = 0))::float8 AS none, (count(*) FILTER (WHERE ${claims} > 1))::float8 AS several
     FROM ${quoteQualified(first.table.schema, first.table.name)} AS t`,
  );
  return { table: first.entity.from, none: Number(row['none']), several: Number(row['several']) };
}
