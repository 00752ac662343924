import * as z from 'zod';
import type { CascadeFacts, RightsFacts, SourceFacts } from '../../../domain/assess/facts.ts';
import type { Sql, SqlRow } from '../../../domain/ports/source.ts';
import { quoteIdentifier, quoteQualified } from '../sql/quote.ts';
import { hasSignInLogin, measureLogins } from './measure-logins.ts';
import { measureSurroundings } from './measure-surroundings.ts';
import { StatementFailed } from '../connection/statement-failed.ts';

const names = z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text)));
const flag = z.boolean();
const trigger = z.object({
  table: z.string(),
  name: z.string(),
  function: z.string(),
  before: flag,
  writes: flag,
  changes: flag,
});
const cascade = z.object({
  name: z.string(),
  schema: z.string(),
  from: z.string(),
  to: z.string(),
  columns: names,
  onDelete: z.string(),
  onUpdate: z.string(),
});
const sequence = z.object({
  name: z.string(),
  table: z.string().nullable(),
  column: z.string().nullable(),
  last: z.string().nullable(),
  cycles: flag,
});
const constraint = z.object({
  table: z.string(),
  name: z.string(),
  kind: z.enum(['deferrable', 'exclusion', 'check', 'rule', 'write-rule']),
  definition: z.string(),
});
const rights = z.object({
  table: z.string(),
  truncate: names,
  ddl: names,
  reads: flag,
  owns: flag,
  hidden: flag,
  unlogged: flag,
});
const eventTrigger = z.object({ name: z.string(), event: z.string(), function: z.string() });
const partitioned = z.object({ table: z.string(), key: z.string() });
const otherSchema = z.object({ schema: z.string(), tables: z.coerce.number() });

/**
 * Behaviour of the source besides its rows (triggers, sequences, rules), from its catalogue. None
 * of it moves to the target by itself.
 */
export async function measureSource(sql: Sql, schema: string): Promise<SourceFacts> {
  const select = async <T extends z.ZodType>(row: T, text: string): Promise<z.output<T>[]> =>
    z.array(row).parse(await sql.query(text, text.includes(':schema') ? { schema } : {}));
  const cascades: CascadeFacts[] = [];
  for (const { columns, schema: of, ...found } of await select(cascade, CASCADES))
    cascades.push({ ...found, most: await mostReferenced(sql, quoteQualified(of, found.from), columns) });
  const [changes = {}] = await sql.query(CHANGES, { schema });
  const [objects = {}] = await sql.query(LARGE_OBJECTS);
  return {
    triggers: await select(trigger, TRIGGERS),
    cascades,
    sequences: await select(sequence, SEQUENCES),
    constraints: await select(constraint, CONSTRAINTS),
    rights: await measureRights(sql, schema),
    logins: await measureLogins(sql, schema),
    signInLogin: await hasSignInLogin(sql),
    parents: (await sql.query(PARENTS, { schema })).map((row) => String(row['table'])),
    otherSchemas: await select(otherSchema, OTHER_SCHEMAS),
    largeObjects: Number(objects['objects'] ?? 0),
    changesPerDay: perDay(changes),
    around: await measureSurroundings(sql, schema),
    ddl: {
      eventTriggers: await select(eventTrigger, EVENT_TRIGGERS),
      mayFollow: (await sql.query(MAY_FOLLOW))[0]?.['may'] === true,
      partitioned: await select(partitioned, PARTITIONED),
      schedulers: (await sql.query(SCHEDULERS)).map((row) => String(row['name'])),
    },
  };
}

/** What the login that asks may do with each table of a schema. */
export async function measureRights(sql: Sql, schema: string): Promise<readonly RightsFacts[]> {
  const rows = z.array(rights).parse(await sql.query(RIGHTS, { schema }));
  return rows.map(({ reads, owns, ...table }) => ({
    ...table,
    lacks: [...(reads ? [] : ['SELECT']), ...(owns ? [] : ['ownership'])],
  }));
}

/** The highest number of rows that refer to one parent row: the most that a cascade can touch. */
async function mostReferenced(sql: Sql, table: string, columns: readonly string[]): Promise<number | null> {
  const by = columns.map(quoteIdentifier);
  const present = by.map((column) => `${column} IS NOT NULL`).join(' AND ');
  try {
    const [row] = await sql.query(
      `SELECT coalesce(max(n), 0)::float8 AS most FROM (SELECT count(*) AS n FROM ${table} WHERE ${present} GROUP BY ${by.join(', ')}) AS g`,
    );
    return Number(row?.['most'] ?? 0);
  } catch (error) {
    if (error instanceof StatementFailed) return null;
    throw error;
  }
}

/** Statistics that cover less than a day cannot give a daily figure. */
function perDay({ changes, days }: SqlRow): number | null {
  return typeof days === 'number' && days >= 1 ? Math.round(Number(changes) / days) : null;
}

const TABLES = `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :schema`;

/**
 * Triggers of partitions are listed with their table. The source of functions in languages other
 * than PL/pgSQL and SQL cannot be read.
 */
const TRIGGERS = `
  SELECT c.relname::text AS "table", t.tgname::text AS name, p.proname::text AS "function", (t.tgtype & 2) <> 0 AS before,
    l.lanname NOT IN ('plpgsql', 'sql') OR p.prosrc ~* '\\m(insert\\s+into|update\\s+\\S+\\s+(as\\s+\\S+\\s+)?set|delete\\s+from|merge\\s+into|truncate|execute|perform|call)\\M' AS writes,
    (t.tgtype & 3) = 3 AND p.prosrc ~* '\\mnew\\.("[^"]*"|\\w+)\\s*:?=' AS changes
  FROM ${TABLES} JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled <> 'D' AND p.pronamespace IS DISTINCT FROM to_regnamespace('portage')
  ORDER BY 1, 2`;

const ACTION = (column: string) =>
  `CASE ${column} WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' ELSE '' END`;

const CASCADES = `
  SELECT k.conname::text AS name, fn.nspname::text AS "schema", f.relname::text AS "from", c.relname::text AS "to",
    ${ACTION('k.confdeltype')} AS "onDelete", ${ACTION('k.confupdtype')} AS "onUpdate",
    (SELECT json_agg(a.attname ORDER BY x.n)::text FROM unnest(k.conkey) WITH ORDINALITY x(attnum, n)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.attnum) AS columns
  FROM ${TABLES} JOIN pg_catalog.pg_constraint k ON k.confrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0
  JOIN pg_catalog.pg_class f ON f.oid = k.conrelid JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
  WHERE k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd') ORDER BY 3, 1`;

/**
 * The column that owns a sequence, or else one whose default uses it; tables come before their
 * children.
 */
const SEQUENCES = `
  SELECT c.relname::text AS name, u."table"::text AS "table", u."column"::text AS "column", s.last_value::text AS last, s.cycle AS cycles
  FROM ${TABLES} LEFT JOIN pg_catalog.pg_sequences s ON s.schemaname = n.nspname AND s.sequencename = c.relname
  LEFT JOIN LATERAL (
    SELECT t.relname AS "table", a.attname AS "column" FROM (
      SELECT 0 AS rank, d.refobjid AS relation, d.refobjsubid AS attnum FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
      UNION ALL
      SELECT 1 + EXISTS (SELECT 1 FROM pg_catalog.pg_inherits i WHERE i.inhrelid = f.adrelid)::int, f.adrelid, f.adnum FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid
      WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
    ) x JOIN pg_catalog.pg_class t ON t.oid = x.relation AND t.relnamespace = n.oid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = x.relation AND a.attnum = x.attnum
    ORDER BY x.rank, t.relname, a.attnum LIMIT 1
  ) u ON true
  WHERE c.relkind = 'S' ORDER BY 1`;

const CONSTRAINTS = `
  SELECT c.relname::text AS "table", x.relname::text AS name, 'deferrable' AS kind,
    pg_catalog.pg_get_indexdef(i.indexrelid) AS definition
  FROM ${TABLES} JOIN pg_catalog.pg_index i ON i.indrelid = c.oid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  WHERE i.indisprimary AND NOT i.indimmediate AND NOT c.relispartition
  UNION ALL
  SELECT c.relname::text, k.conname::text, CASE k.contype WHEN 'x' THEN 'exclusion' ELSE 'check' END, pg_catalog.pg_get_constraintdef(k.oid)
  FROM ${TABLES} JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('c', 'x') WHERE NOT c.relispartition AND k.coninhcount = 0
  UNION ALL
  SELECT c.relname::text, r.rulename::text, CASE WHEN r.ev_type IN ('2', '3') THEN 'write-rule' ELSE 'rule' END, pg_catalog.pg_get_ruledef(r.oid)
  FROM ${TABLES} JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid WHERE c.relkind IN ('r', 'p')
  ORDER BY 1, 3, 2`;

/** The service's own superuser does not belong to the application. */
const RIGHTS = `
  SELECT c.relname::text AS "table",
    coalesce((SELECT json_agg(DISTINCT coalesce(r.rolname, 'PUBLIC'))::text FROM pg_catalog.aclexplode(c.relacl) g
      LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee WHERE g.privilege_type = 'TRUNCATE' AND g.grantee <> c.relowner), '[]') AS truncate,
    coalesce((SELECT json_agg(r.rolname ORDER BY r.rolname)::text FROM pg_catalog.pg_roles r
      WHERE r.rolcanlogin AND r.rolname <> 'rdsadmin' AND pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE')), '[]') AS ddl,
    pg_catalog.has_table_privilege(c.oid, 'SELECT') AS reads, pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owns,
    pg_catalog.row_security_active(c.oid) AS hidden, c.relpersistence = 'u' AS unlogged
  FROM ${TABLES} WHERE c.relkind IN ('r', 'p') ORDER BY 1`;

const PARENTS = `
  SELECT DISTINCT c.relname::text AS "table" FROM ${TABLES} JOIN pg_catalog.pg_inherits i ON i.inhparent = c.oid
  WHERE c.relkind = 'r' AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits u WHERE u.inhrelid = c.oid) ORDER BY 1`;

const OTHER_SCHEMAS = `
  SELECT n.nspname::text AS "schema", count(*)::float8 AS tables FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN (:schema, 'information_schema', 'portage') AND n.nspname !~ '^pg_'
  GROUP BY 1 ORDER BY 1`;

const EVENT_TRIGGERS = `
  SELECT e.evtname::text AS name, e.evtevent::text AS event, p.proname::text AS "function"
  FROM pg_catalog.pg_event_trigger e JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid
  WHERE e.evtenabled <> 'D' AND p.pronamespace IS DISTINCT FROM to_regnamespace('portage') ORDER BY 1`;

const MAY_FOLLOW = `
  SELECT bool_or(r.rolsuper OR r.rolname = 'rds_superuser') AS may FROM pg_catalog.pg_roles r WHERE pg_has_role(current_user, r.oid, 'USAGE')`;

const PARTITIONED = `
  SELECT c.relname::text AS "table", pg_catalog.pg_get_partkeydef(c.oid) AS key FROM ${TABLES}
  WHERE c.relkind = 'p' AND NOT c.relispartition ORDER BY 1`;

const SCHEDULERS = `
  SELECT extname::text AS name FROM pg_catalog.pg_extension WHERE extname IN ('pg_partman', 'timescaledb', 'pg_cron') ORDER BY 1`;

const LARGE_OBJECTS = 'SELECT count(*)::float8 AS objects FROM pg_catalog.pg_largeobject_metadata';

const CHANGES = `
  SELECT coalesce(sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del), 0)::float8 AS changes,
    (extract(epoch FROM now() - (SELECT stats_reset FROM pg_catalog.pg_stat_database WHERE datname = current_database())) / 86400)::float8 AS days
  FROM pg_catalog.pg_stat_user_tables s WHERE s.schemaname = :schema`;
