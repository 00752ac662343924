import type { Names } from './accesses.ts';
import { tableOf } from './scope.ts';
import type { Condition, ParsedStatement, Query, TableName } from './statement.ts';

/** Portage ends its own statements with this, so that an assessment can tell them from the application's. */
export const OWN_STATEMENT = '/* portage */';

/** Tables in which migration tools keep what they have applied. */
const TOOLS =
  /^(?:schema_migrations|ar_internal_metadata|django_migrations|flyway_schema_history|databasechangelog(?:lock)?|_prisma_migrations|(?:knex|sequelize|kysely)_?migrations?(?:_lock)?|SequelizeMeta|alembic_version|goose_db_version|gorp_migrations|__drizzle_migrations|mikro_orm_migrations|__EFMigrationsHistory|pgmigrations|typeorm_metadata|phinxlog|doctrine_migration_versions)$/i;

/** True for a table in which a migration tool keeps what it has applied. */
export function isMigrationTool(table: string): boolean {
  return TOOLS.test(table);
}

const SYSTEM = /^(?:pg_.*|information_schema)$/;

/** Why a statement is not the application's, or null if it may be. */
export function leftOutReason(names: Names, text: string, parsed: ParsedStatement): string | null {
  if (text.includes(OWN_STATEMENT)) return 'Portage';
  if (parsed.kind === 'unparsed') return null;
  if (parsed.kind === 'utility') return 'utility';
  const tables = [...(parsed.kind === 'write' ? [parsed.target] : []), ...relationsOf(parsed.query)];
  if (tables.length === 0) return 'no table';
  if (tables.some(({ schema }) => schema === 'portage')) return 'Portage';
  const own = (table: TableName) => tableOf(names.catalogue, names.schema, table) !== null;
  if (tables.every((table) => isSystem(table) && !own(table))) return 'catalogue';
  if (tables.every(({ table }) => isMigrationTool(table))) return 'migration tool';
  return null;
}

function isSystem({ schema, table }: TableName): boolean {
  return schema === null ? SYSTEM.test(table) : SYSTEM.test(schema);
}

/** All tables that a query names, with those of its subqueries. */
export function relationsOf(query: Query): readonly TableName[] {
  const conditions = [...query.conditions, ...query.relations.flatMap(({ on }) => on)];
  return [...query.relations, ...conditions.flatMap(inCondition), ...query.subqueries.flatMap(relationsOf)];
}

function inCondition(condition: Condition): readonly TableName[] {
  if (condition.kind === 'related') return relationsOf(condition.query);
  return condition.kind === 'or' ? condition.branches.flat().flatMap(inCondition) : [];
}
