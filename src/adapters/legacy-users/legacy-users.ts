import type { Plan } from '../../domain/plan/plan.ts';
import type { LegacyUser, LegacyUsers } from '../../domain/ports/legacy-users.ts';
import type { Mapping } from '../../domain/mapping/mapping.ts';
import type { Sql, SqlRow } from '../../domain/ports/source.ts';
import { quoteIdentifier, quoteQualified } from '../postgres/sql/quote.ts';
import { highestChange } from '../postgres/capture/newest-changes.ts';
import { identityText, relationsOf } from '../postgres/sql/relation.ts';

/** The users table of the plan's `auth`. An index on lower(username) keeps sign-ins fast. */
export function createLegacyUsers(
  sql: Sql,
  schema: string,
  auth: NonNullable<Plan['auth']>,
  mapping: () => Promise<Mapping>,
): LegacyUsers {
  const from = `${quoteQualified(schema, auth.from)} AS t`;
  const name = `${quoteIdentifier(auth.username)}::text`;
  const user = `${name} AS username, ${quoteIdentifier(auth.email)}::text AS email, ${quoteIdentifier(auth.passwordHash)}::text AS hash`;
  // Users without a name or an address can sign in nowhere, and the pool could not hold them.
  const complete = `${quoteIdentifier(auth.username)} IS NOT NULL AND ${quoteIdentifier(auth.email)} IS NOT NULL`;
  return {
    async named(username) {
      const rows = await sql.query(
        `SELECT ${user} FROM ${from} WHERE ${complete} AND lower(${name}) = lower(:username) LIMIT 10`,
        { username },
      );
      return rows.map(toUser);
    },
    async page(after, limit) {
      const rows = await sql.query(
        `SELECT ${user} FROM ${from} WHERE ${complete} AND (:after::text IS NULL OR ${name} COLLATE "C" > :after)
         ORDER BY ${name} COLLATE "C" LIMIT :limit::int`,
        { after, limit },
      );
      return rows.map(toUser);
    },
    async count() {
      const rows = await sql.query(`SELECT count(*)::int AS users FROM ${from} WHERE ${complete}`);
      return Number(rows[0]?.['users'] ?? 0);
    },
    mark: () => highestChange(sql),
    async changedSince(mark) {
      const relation = relationsOf(await mapping()).find(({ name }) => name === auth.from);
      if (relation === undefined) return null;
      const rows = await sql.query(
        `SELECT ${user} FROM ${from} WHERE ${complete} AND EXISTS (SELECT 1 FROM portage.changelog AS c
           WHERE c.relation = :relation AND c.pk = ${identityText(relation, 't')} AND c.seq > :mark::bigint)`,
        { relation: relation.name, mark },
      );
      return rows.map(toUser);
    },
  };
}

function toUser(row: SqlRow): LegacyUser {
  const hash = row['hash'] ?? null;
  return {
    username: String(row['username']),
    email: String(row['email']),
    passwordHash: hash === null ? null : String(hash),
  };
}
