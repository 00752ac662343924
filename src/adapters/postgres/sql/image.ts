import type { Catalogue, CatalogueColumn, CatalogueTable } from '../../../domain/catalogue/catalogue.ts';
import { PlanError } from '../../../domain/errors.ts';
import type { Conditions } from '../../../domain/mapping/conditions.ts';
import { canonical, settingText } from './canonical.ts';
import { quoteIdentifier, quoteLiteral, quoteQualified } from './quote.ts';
import { withSettings, type Setting } from './with-settings.ts';
import { ownProperty } from '../../../domain/own-property.ts';

/** Which columns and paths an image holds. */
export interface ImageShape {
  readonly table: CatalogueTable;
  /** Columns by name, in any order. */
  readonly columns: readonly string[];
  /** Large columns, and the number of bytes above which only hash and size are shown. */
  readonly large: Readonly<Record<string, number>>;
  /** Followed foreign-key paths, `campaign_id.owner_id`. */
  readonly followed: readonly string[];
}

/**
 * The image of the row `alias`, as text of a JSON object. Trigger, loader, relay, sweeper, verifier
 * and client share this expression, so that all of them see a row alike (RACE-10, RACE-32).
 */
export function imageSql(shape: ImageShape, catalogue: Catalogue, alias: string): string {
  const settings = new Set<Setting>();
  const members = [
    ...shape.columns.map((name) => {
      const value = `${alias}.${quoteIdentifier(name)}`;
      const over = ownProperty(shape.large, name);
      const column = columnOf(shape.table, name);
      const text = settingText(column, value);
      for (const setting of text.settings) settings.add(setting);
      return `${over === undefined ? text.sql : largeSql(column, value, over)} AS ${quoteIdentifier(name)}`;
    }),
    ...shape.followed.map((path) => `${followedSql(shape.table, catalogue, alias, path)} AS ${quoteIdentifier(path)}`),
  ];
  // `i.*`, because `i` alone would be the column of a table that has one of that name.
  return withSettings([...settings], `(SELECT row_to_json(i.*)::text FROM (SELECT ${members.join(', ')}) AS i)`);
}

/**
 * Hash and size of a value longer than `over` bytes, so that large text does not travel; the value itself otherwise. OFFSET 0 has the bytes made
 * once: each use would read and convert the whole value again.
 */
function largeSql(column: CatalogueColumn, value: string, over: number): string {
  return (
    `(SELECT CASE WHEN ${value} IS NULL THEN NULL WHEN octet_length(body.bytes) > ${over}` +
    ` THEN json_build_object('sha256', encode(sha256(body.bytes), 'hex'), 'bytes', octet_length(body.bytes))` +
    ` ELSE to_json(${canonical(column, value)}) END FROM (SELECT ${bodyBytes(column, value)} AS bytes OFFSET 0) AS body)`
  );
}

/** A large value's bytes as stored in S3. */
export function bodyBytes(column: CatalogueColumn, value: string): string {
  return column.type === 'bytea' ? value : `convert_to(${canonical(column, value)}, 'UTF8')`;
}

/** `campaign_id.owner_id` as sub-selects, hop by hop along single-column foreign keys. */
export function followedSql(table: CatalogueTable, catalogue: Catalogue, alias: string, path: string): string {
  const steps = path.split('.');
  const last = steps.at(-1) ?? path;
  let at = table;
  let from = '';
  let previous = alias;
  let condition = '';
  steps.slice(0, -1).forEach((column, hop) => {
    const key = at.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === column);
    const next = key === undefined ? undefined : catalogue.tables[key.references.table];
    const referenced = key?.references.columns[0];
    if (next === undefined || referenced === undefined) {
      throw new PlanError({
        file: 'plan.json',
        path: `entities of ${table.name}`,
        message: `{${path}} cannot be followed: ${at.name}.${column} is no foreign key of one column`,
        remedy: 'Follow foreign keys only',
      });
    }
    const name = `f${hop}`;
    const join = `${name}.${quoteIdentifier(referenced)} = ${previous}.${quoteIdentifier(column)}`;
    if (hop === 0) {
      from = `${quoteQualified(next.schema, next.name)} AS ${name}`;
      condition = join;
    } else from += ` JOIN ${quoteQualified(next.schema, next.name)} AS ${name} ON ${join}`;
    previous = name;
    at = next;
  });
  return `(SELECT ${canonical(columnOf(at, last), `${previous}.${quoteIdentifier(last)}`)} FROM ${from} WHERE ${condition})`;
}

export function columnOf(table: CatalogueTable, name: string): CatalogueColumn {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new PlanError({
    file: 'plan.json',
    path: `entities of ${table.name}`,
    message: `${table.name} has no column ${name}`,
    remedy: 'Use the names of the catalogue',
  });
}

/** An identity as text of a JSON array of canonical texts, written as JSON.stringify does: changelog and readers compare it. */
export function identitySql(table: CatalogueTable, identity: readonly string[], alias: string): string {
  const parts = identity.map((name) => {
    const text = canonical(columnOf(table, name), `${alias}.${quoteIdentifier(name)}`);
    return `to_json(${text})::text`;
  });
  return `('[' || ${parts.join(` || ',' || `)} || ']')`;
}

/** `where` and `when` as SQL, over canonical text as in items. */
export function conditionSql(table: CatalogueTable, conditions: Conditions, alias: string): string {
  const parts = Object.entries(conditions).map(([name, condition]) => {
    const value = `${alias}.${quoteIdentifier(name)}`;
    if (condition === null) return `${value} IS NULL`;
    const text = canonical(columnOf(table, name), value);
    if (typeof condition === 'string') return `${text} = ${quoteLiteral(condition)}`;
    if ('in' in condition) return `${text} IN (${condition.in.map(quoteLiteral).join(', ')})`;
    return condition.not.length === 0
      ? `${value} IS NOT NULL`
      : `${text} NOT IN (${condition.not.map(quoteLiteral).join(', ')})`;
  });
  return parts.length === 0 ? 'true' : `(${parts.join(' AND ')})`;
}
