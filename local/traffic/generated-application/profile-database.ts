import { Client } from 'pg';

import { randomOf } from '../../../examples/campaigns/generator/random.ts';
import { canonical } from '../../../src/adapters/postgres/sql/canonical.ts';
import { columnOf, conditionSql, followedSql } from '../../../src/adapters/postgres/sql/image.ts';
import { quoteIdentifier, quoteQualified } from '../../../src/adapters/postgres/sql/quote.ts';
import type { CatalogueColumn, CatalogueTable } from '../../../src/domain/catalogue/catalogue.ts';
import type { EntityMapping, Mapping } from '../../../src/domain/mapping/mapping.ts';
import { columnType } from '../../../src/domain/mapping/values/types.ts';
import type { EntityPlan, Plan } from '../../../src/domain/plan/plan.ts';
import type { ColumnKind } from '../ledger/columns.ts';
import { canonicalStored } from '../ledger/canonical-row.ts';
import { PLAIN_OUTPUT, selectedAsText } from '../ledger/store-rows.ts';
import { dryRunWrites } from './dry-run-writes.ts';
import { shapeOf } from './entity-shape.ts';
import { madeUp, profilePattern } from './profile-pattern.ts';
import { isGiven } from './database-profile.ts';
import { type FreeRange, TOP } from './values.ts';
import type { DatabaseProfile, ProfiledColumn, ProfiledEntity, ProfiledPattern } from './database-profile.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

const SAMPLES = 120;
/** Longer values would make the profile large; the ledger knows them by their hash. */
const LONGEST = 4_000;

/**
 * Profiles schema and data over its own connection, and dry-runs the traffic's writes on
 * PostgreSQL.
 */
export async function profileDatabase(
  url: string,
  plan: Plan,
  mapping: Mapping,
  seed: number,
): Promise<DatabaseProfile> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(PLAIN_OUTPUT);
    const patterns = Object.entries(mapping.patterns).map(([name, pattern]) => profilePattern(mapping, name, pattern));
    const entities: ProfiledEntity[] = [];
    for (const [name, entity] of Object.entries(mapping.entities)) {
      const entityPlan = plan.entities[name];
      if (entityPlan !== undefined) entities.push(await look(client, mapping, entity, entityPlan, patterns));
    }
    return await dryRunWrites(client, { entities, patterns }, randomOf(seed, 'dry_run'));
  } finally {
    await client.end();
  }
}

async function look(
  client: Client,
  mapping: Mapping,
  entity: EntityMapping,
  plan: EntityPlan,
  patterns: readonly ProfiledPattern[],
): Promise<ProfiledEntity> {
  const table = mapping.catalogue.tables[entity.table];
  if (table === undefined) throw new Error(`${entity.table} is not in the catalogue`);
  const root = quoteQualified(table.schema, table.name);
  const unique = new Set(await uniqueColumns(client, root));
  const columns: ProfiledColumn[] = [];
  for (const column of table.columns) {
    if (plan.omit.includes(column.name)) continue;
    columns.push(await describe(client, entity, table, column, unique.has(column.name)));
  }
  const bare: ProfiledEntity = {
    entity: entity.name,
    relation: entity.table,
    table: root,
    identity: [...entity.identity],
    key: [...new Set([...entity.identity, ...entity.PK.paths, ...entity.SK.paths])],
    columns,
    bodies: Object.fromEntries(
      Object.entries(entity.large).map(([name, { pointer, length }]) => [name, { pointer, length }]),
    ),
    fixed: [
      ...entity.identity,
      ...entity.immutable,
      ...Object.keys(entity.where),
      ...(plan.expires === undefined ? [] : [plan.expires]),
    ],
    rows: [],
    finds: [],
    free: await freeRanges(client, root, columns),
    updates: [],
    inserts: 'never',
    deletes: false,
    made: [
      ...table.columns.filter(({ generated }) => generated).map(({ name }) => name),
      ...(await assignedColumns(client, root)).filter((name) => !entity.identity.includes(name)),
    ],
  };
  // A row that the plan omits a column of cannot be made anew unless PostgreSQL fills it in.
  const cannot = table.columns.some(
    ({ name, notNull, hasDefault, generated }) => plan.omit.includes(name) && notNull && !hasDefault && !generated,
  );
  const shape = shapeOf(bare);
  const where = conditionSql(table, entity.where, 't');
  const order = entity.identity.map((name) => `t.${quoteIdentifier(name)}::text`).join(`, ' ', `);
  const some = `FROM ${root} AS t WHERE ${where} ORDER BY md5(concat(${order})) LIMIT ${SAMPLES}`;
  const rows = await client.query<Record<string, string | null>>(`SELECT ${selectedAsText(shape)} ${some}`);
  const paths = [
    ...new Set(
      patterns
        .filter((pattern) => pattern.entity === entity.name)
        .flatMap(({ needs, range, prefix, filter }) => [
          ...needs,
          ...[range, prefix].flatMap((path) => path ?? []),
          ...filter,
        ]),
    ),
  ];
  const found = paths.map((path) => `${pathSql(mapping, table, path)} AS ${quoteIdentifier(path)}`);
  const finds =
    paths.length === 0
      ? []
      : (await client.query<Record<string, string | null>>(`SELECT ${found.join(', ')} ${some}`)).rows;
  // A pattern that finds no row, for lack of rows or values, has a result in both stores as well.
  const findable = patterns.every(
    (pattern) =>
      pattern.entity !== entity.name ||
      finds.some((row) => pattern.needs.every((path) => isGiven(ownProperty(row, path)))),
  );
  return {
    ...bare,
    rows: rows.rows
      .filter((row) => Object.values(row).every((text) => text === null || text.length <= LONGEST))
      .map((row) => canonicalStored(shape.columns, row)),
    finds: findable ? finds : [...finds, madeUp(mapping, table, paths)],
    inserts: cannot ? 'never' : 'client',
  };
}

async function describe(
  client: Client,
  entity: EntityMapping,
  table: CatalogueTable,
  column: CatalogueColumn,
  unique: boolean,
): Promise<ProfiledColumn> {
  const { kind } = columnType(column);
  const large = ownProperty(entity.large, column.name);
  const keys = table.foreignKeys.filter(({ columns }) => columns.includes(column.name));
  const key = keys.find(({ columns }) => columns.length > 1) ?? keys[0];
  const labels = kind === 'enum' ? await labelsOf(client, quoteQualified(table.schema, column.type)) : [];
  return {
    name: column.name,
    attribute: entity.columns.find((mapped) => mapped.column === column.name)?.attribute ?? column.name,
    kind: canonicalKind(column, large !== undefined),
    type: kind,
    typeName: column.type,
    length: column.length,
    precision: column.precision,
    scale: column.scale,
    filled: column.hasDefault || column.generated,
    optional: !column.notNull || column.hasDefault || column.generated,
    nullable: !column.notNull,
    unique,
    references:
      key === undefined
        ? null
        : {
            table: key.references.table,
            column: key.references.columns[key.columns.indexOf(column.name)] ?? '',
            alone: key.columns.length === 1,
          },
    labels: [...labels],
    over: large?.over ?? null,
  };
}

/** Null if the stores' texts may differ for equal values. */
function canonicalKind(column: CatalogueColumn, large: boolean): ColumnKind | null {
  const { kind, array, name } = columnType(column);
  if (array) return !large && (kind === 'text' || (kind === 'integer' && name !== 'int8')) ? 'list' : null;
  if (large) return kind === 'bytes' ? 'byte-body' : kind === 'text' ? 'body' : null;
  switch (kind) {
    case 'boolean':
    case 'padded':
    case 'float':
    case 'bytes':
      return kind;
    case 'integer':
    case 'decimal':
      return 'number';
    case 'timestamp':
    case 'timestamptz':
      return 'timestamp';
    case 'json':
    case 'jsonb':
      return 'json';
    default:
      return 'text';
  }
}

function pathSql(mapping: Mapping, table: CatalogueTable, path: string): string {
  const own = table.columns.some(({ name }) => name === path);
  return own
    ? canonical(columnOf(table, path), `t.${quoteIdentifier(path)}`)
    : followedSql(table, mapping.catalogue, 't', path);
}

/** Every column in a unique index, including partial and expression indexes. */
async function uniqueColumns(client: Client, root: string): Promise<readonly string[]> {
  const answer = await client.query<{ name: string }>(
    `SELECT a.attname AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
     WHERE i.indrelid = $1::regclass AND i.indisunique AND (a.attnum = ANY (i.indkey) OR EXISTS (
       SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
         AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))`,
    [root],
  );
  return answer.rows.map(({ name }) => name);
}

/** An assignment to a column of NEW at the beginning of a statement of PL/pgSQL; its groups are the column, quoted or not. */
const ASSIGNMENT = String.raw`(?:;|\mbegin\M|\mthen\M|\melse\M|\mloop\M)\s*new\.(?:"([^"]+)"|(\w+))\s*:?=`;

/** Columns that BEFORE triggers assign, perhaps for some values only: a dry run shows what becomes of the values of one row. */
async function assignedColumns(client: Client, root: string): Promise<readonly string[]> {
  // The type of a trigger has bit 1 for each row, and bit 2 for BEFORE.
  const answer = await client.query<{ name: string }>(
    `SELECT DISTINCT coalesce(m[1], lower(m[2])) AS name FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid,
       regexp_matches(regexp_replace(p.prosrc, '--[^\n]*', '', 'g'), $2, 'gi') m
     WHERE t.tgrelid = $1::regclass AND (t.tgtype & 3) = 3`,
    [root, ASSIGNMENT],
  );
  return answer.rows.map(({ name }) => name);
}

async function labelsOf(client: Client, type: string): Promise<readonly string[]> {
  const answer = await client.query<{ label: string }>(
    'SELECT enumlabel AS label FROM pg_enum WHERE enumtypid = to_regtype($1)::oid ORDER BY enumsortorder',
    [type],
  );
  return answer.rows.map(({ label }) => label);
}

/** With less room above the highest value than this, the widest gap below is taken. */
const ROOM_ABOVE = 1_000n;

/** Where new values of unique integer columns can be taken from; absent where none is left. */
async function freeRanges(
  client: Client,
  root: string,
  columns: readonly ProfiledColumn[],
): Promise<Readonly<Record<string, FreeRange>>> {
  const ranges: Record<string, FreeRange> = {};
  for (const { name, typeName, type, kind, unique } of columns) {
    const top = TOP[typeName];
    if (type !== 'integer' || kind !== 'number' || !unique || top === undefined) continue;
    const column = quoteIdentifier(name);
    const { rows } = await client.query<{ highest: string }>(
      `SELECT coalesce(max(${column}), 0)::text AS highest FROM ${root}`,
    );
    const highest = BigInt(rows[0]?.highest ?? 0);
    if (top - highest >= ROOM_ABOVE) {
      ranges[name] = { after: String(highest), before: String(top + 1n) };
      continue;
    }
    const gaps = await client.query<FreeRange>(
      `SELECT v::text AS after, next::text AS before FROM (SELECT v, lead(v) OVER (ORDER BY v) AS next FROM (
         SELECT 0::int8 AS v UNION SELECT ${column}::int8 FROM ${root} WHERE ${column} BETWEEN 1 AND ${top} UNION SELECT ${top + 1n}) AS taken) AS gap
       WHERE next - v > 1 ORDER BY next - v DESC LIMIT 1`,
    );
    const [widest] = gaps.rows;
    if (widest !== undefined) ranges[name] = widest;
  }
  return ranges;
}
