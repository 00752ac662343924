import type { Condition } from '../../src/domain/catalogue/condition.ts';
import type { Client } from 'pg';
import * as z from 'zod';
import type { Plan } from '../../src/domain/plan/plan.ts';

/**
 * PostgreSQL's own answer to a pattern, by SQL that is put together here from the plan's text alone: nothing of the mapping's
 * derivation is used, so that the two cannot share a mistake.
 */
export interface Oracle {
  /** All arguments that the data has, and one that it does not have. */
  tuples(pattern: string): Promise<readonly Arguments[]>;
  /** Identities with their entity, in order. */
  answer(pattern: string, args: Arguments): Promise<readonly string[]>;
  identityColumns(entity: string): Promise<readonly string[]>;
  /** Whether the table of its first entity has a row. */
  hasRows(pattern: string): Promise<boolean>;
  /** The condition that picks an entity's rows of its table `t`. */
  belongs(entity: string): string;
}

/** PostgreSQL's text of a value, or bounds of it. */
export type Arguments = Readonly<Record<string, string | { readonly from?: string; readonly to?: string }>>;

interface Segment {
  readonly path: string | null;
  readonly text: string;
  readonly lower: boolean;
}

interface Member {
  readonly entity: string;
  readonly table: string;
  readonly conditions: readonly string[];
  readonly PK: readonly Segment[];
  readonly SK: readonly Segment[];
}

type Pattern = Plan['patterns'][string];

const row = z.record(z.string(), z.union([z.string(), z.null()]));

export function createOracle(psql: Client, plan: Plan): Oracle {
  const rows = async (sql: string, values: readonly string[] = []) =>
    z.array(row).parse((await psql.query(sql, [...values])).rows);

  /** What the catalogue says does not change while a test runs. */
  const known = new Map<string, ReturnType<typeof rows>>();
  const facts: typeof rows = (sql, values = []) => {
    const id = JSON.stringify([sql, values]);
    const asked = known.get(id) ?? rows(sql, values);
    known.set(id, asked);
    return asked;
  };

  /** A column, or what foreign keys lead to, of the row `alias`. */
  const expression = async (table: string, path: string, alias = 't'): Promise<string> => {
    const [step = '', ...rest] = path.split('.');
    if (rest.length === 0 || (await hasColumn(table, path))) return `${alias}.${quoted(path)}`;
    const [key] = await facts(
      `SELECT f.relname AS parent, b.attname AS col FROM pg_constraint c
       JOIN pg_class r ON r.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
       JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
       WHERE c.contype = 'f' AND cardinality(c.conkey) = 1 AND r.relname = $1 AND a.attname = $2`,
      [table, step],
    );
    const parent = String(key?.['parent']);
    const inner = await expression(parent, rest.join('.'), `${alias}_`);
    return `(SELECT ${inner} FROM ${quoted(parent)} ${alias}_ WHERE ${alias}_.${quoted(String(key?.['col']))} = ${alias}.${quoted(step)})`;
  };
  const hasColumn = async (table: string, column: string): Promise<boolean> =>
    (
      await facts('SELECT 1::text AS x FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2', [
        quoted(table),
        column,
      ])
    ).length > 0;
  /** Whether the table has rows or not; of a domain the type under it. */
  const typeOf = async (table: string, path: string): Promise<string> => {
    const [found] = await facts(
      `SELECT CASE typtype WHEN 'd' THEN typbasetype ELSE oid END::regtype::text AS type FROM pg_type
       WHERE oid = pg_typeof((SELECT ${await expression(table, path)} FROM ${quoted(table)} t LIMIT 1))`,
    );
    return found?.['type'] ?? 'text';
  };
  const isEnum = async (type: string): Promise<boolean> => {
    const [found] = await facts("SELECT (typtype = 'e')::text AS yes FROM pg_type WHERE oid = $1::regtype", [type]);
    return found?.['yes'] === 'true';
  };
  const isText = async (table: string, path: string): Promise<boolean> => {
    const type = await typeOf(table, path);
    const [found] = await facts("SELECT (typcategory = 'S')::text AS yes FROM pg_type WHERE oid = $1::regtype", [type]);
    return found?.['yes'] === 'true' || isEnum(type);
  };

  /** Null where every value of the type may be there: of an enum, or a boolean. */
  const absentValue = async (table: string, path: string): Promise<string | null> => {
    const type = await typeOf(table, path);
    const known = ABSENT[type];
    return known ?? ((await isText(table, path)) && !(await isEnum(type)) ? 'absent' : null);
  };

  const identityColumns = async (entity: string): Promise<readonly string[]> => {
    const { identity, from } = entityOf(plan, entity);
    if (identity !== undefined) return identity;
    const found = await facts(
      `SELECT a.attname AS name FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
       WHERE i.indisprimary AND i.indrelid = $1::regclass ORDER BY k.n`,
      [quoted(from)],
    );
    return found.map(({ name }) => String(name));
  };

  const membersOf = async (pattern: Pattern): Promise<readonly Member[]> => {
    const names = typeof pattern.entity === 'string' ? [pattern.entity] : pattern.entity;
    return Promise.all(
      names.map(async (name): Promise<Member> => {
        const entity = entityOf(plan, name);
        const index = pattern.index === undefined ? undefined : entity.indexes[pattern.index];
        const { PK, SK } = index ?? entity.key;
        const [pk, sk] = [segments(PK), segments(SK)];
        const shown = [...pk, ...sk].flatMap(({ path }) => path ?? []);
        const present = await Promise.all(
          shown.map(async (path) => `${await expression(entity.from, path)} IS NOT NULL`),
        );
        return {
          entity: name,
          table: entity.from,
          conditions: [
            ...constants(entity.where ?? {}),
            ...constants(index?.when ?? {}),
            ...(index === undefined ? [] : present),
          ],
          PK: pk,
          SK: sk,
        };
      }),
    );
  };

  const answerOf = async (
    pattern: Pattern,
    first: Member,
    member: Member,
    args: Arguments,
  ): Promise<readonly string[]> => {
    const values: string[] = [];
    const bound = (value: string): string => `$${values.push(value)}`;
    const depth = depthOf(pattern, first.SK);
    const conditions = [...member.conditions];
    const equal = async ({ path, lower }: Segment, named: Segment | undefined): Promise<void> => {
      const given = named?.path == null ? undefined : args[named.path];
      if (path === null || typeof given !== 'string') return;
      const own = `(${await expression(member.table, path)})::text`;
      conditions.push(lower ? `lower(${own}) = lower(${bound(given)})` : `${own} = ${bound(given)}`);
    };
    for (const [at, segment] of member.PK.entries()) await equal(segment, first.PK[at]);
    for (const [at, segment] of member.SK.slice(0, depth).entries()) await equal(segment, first.SK[at]);
    for (const path of pattern.filter ?? [])
      await equal({ path, text: '', lower: false }, { path, text: '', lower: false });
    const next = pattern.range ?? pattern.prefix;
    const wanted = next === undefined ? undefined : args[next];
    if (next !== undefined && wanted !== undefined) {
      const { lower = false } = member.SK[depth] ?? {};
      const own = await expression(member.table, next);
      const text = await isText(member.table, next);
      const whole = text ? `${lower ? `lower((${own})::text)` : `(${own})::text`} COLLATE "C"` : own;
      const given = async (value: string): Promise<string> =>
        text
          ? lower
            ? `lower(${bound(value)}::text)`
            : `${bound(value)}::text`
          : `${bound(value)}::${await typeOf(member.table, next)}`;
      if (pattern.range === undefined && typeof wanted === 'string')
        conditions.push(`starts_with(${lower ? `lower((${own})::text)` : `(${own})::text`}, ${await given(wanted)})`);
      else {
        const { from, to } = typeof wanted === 'string' ? { from: wanted, to: wanted } : wanted;
        if (from !== undefined) conditions.push(`${whole} >= ${await given(from)}`);
        if (to !== undefined) conditions.push(`${whole} <= ${await given(to)}`);
      }
    }
    const order: string[] = [];
    for (const { path, lower } of member.SK.slice(depth)) {
      if (path === null) continue;
      const own = await expression(member.table, path);
      const sorted = (await isText(member.table, path))
        ? `${lower ? `lower((${own})::text)` : `(${own})::text`} COLLATE "C"`
        : own;
      order.push(`${sorted} ${pattern.order}`);
    }
    const identity = (await identityColumns(member.entity)).map((column) => `t.${quoted(column)}::text`);
    const found = await rows(
      `SELECT json_build_array(${identity.join(', ')})::text AS id FROM ${quoted(member.table)} t
       WHERE ${[...conditions, 'true'].join(' AND ')} ${order.length === 0 ? '' : `ORDER BY ${order.join(', ')}`}`,
      values,
    );
    return found.map(({ id }) => `${member.entity} ${JSON.stringify(JSON.parse(String(id)))}`);
  };

  return {
    identityColumns,
    hasRows: async (name) => {
      const [first] = await membersOf(patternOf(plan, name));
      return first !== undefined && (await rows(`SELECT '' AS x FROM ${quoted(first.table)} LIMIT 1`)).length > 0;
    },
    belongs: (entity) => [...constants(entityOf(plan, entity).where ?? {}), 'true'].join(' AND '),
    answer: async (name, args) => {
      const pattern = patternOf(plan, name);
      const members = await membersOf(pattern);
      const [first] = members;
      if (first === undefined) return [];
      // Sort keys begin with their entity's name: rows of several follow each other in the order of those.
      const sign = pattern.order === 'asc' ? 1 : -1;
      const inTurn = members.toSorted(
        (left, right) => sign * Buffer.compare(Buffer.from(headOf(left)), Buffer.from(headOf(right))),
      );
      const answers: string[] = [];
      for (const member of inTurn) answers.push(...(await answerOf(pattern, first, member, args)));
      return answers;
    },
    tuples: async (name) => {
      const pattern = patternOf(plan, name);
      const [first] = await membersOf(pattern);
      if (first === undefined) return [];
      const fixed = [...first.PK, ...first.SK.slice(0, depthOf(pattern, first.SK))].flatMap(({ path }) => path ?? []);
      const optional = [pattern.range ?? pattern.prefix, ...(pattern.filter ?? [])].flatMap((path) => path ?? []);
      const columns = await Promise.all(
        [...new Set([...fixed, ...optional])].map(
          async (path) => `(${await expression(first.table, path)})::text AS ${quoted(path)}`,
        ),
      );
      const found = await rows(
        `SELECT DISTINCT ${columns.join(', ')} FROM ${quoted(first.table)} t WHERE ${[...first.conditions, 'true'].join(' AND ')}`,
      );
      const tuples = new Map<string, Arguments>();
      const add = (args: Arguments): void => void tuples.set(JSON.stringify(args), args);
      const grouped = new Map<string, { readonly base: Arguments; readonly others: (typeof found)[number][] }>();
      for (const values of found) {
        const base = Object.fromEntries(fixed.flatMap((path) => (values[path] == null ? [] : [[path, values[path]]])));
        // Several entities share the first one's columns; a row that lacks one asks for nothing.
        if (Object.keys(base).length < new Set(fixed).size) continue;
        const group = grouped.get(JSON.stringify(base)) ?? { base, others: [] };
        group.others.push(values);
        grouped.set(JSON.stringify(base), group);
      }
      for (const { base, others } of grouped.values()) {
        add(base);
        for (const path of pattern.filter ?? [])
          for (const values of found) if (values[path] != null) add({ ...base, [path]: values[path] });
        const { range, prefix } = pattern;
        const seen = (path: string): readonly string[] => [...new Set(others.flatMap((values) => values[path] ?? []))];
        if (range !== undefined) {
          const values = seen(range).toSorted();
          for (const [at, value] of values.entries()) {
            for (const bounds of [{ from: value }, { to: value }, value]) add({ ...base, [range]: bounds });
            // Neighbours both ways, the wrong way round too, and ever longer stretches from the first.
            for (const to of [values[at - 1], values[at + 1]])
              if (to !== undefined) add({ ...base, [range]: { from: value, to } });
            add({ ...base, [range]: { from: values[0] ?? value, to: value } });
          }
        }
        if (prefix !== undefined)
          for (const value of seen(prefix)) {
            const points = Array.from(value);
            for (const length of [1, 2, 3, points.length]) add({ ...base, [prefix]: points.slice(0, length).join('') });
          }
      }
      const absent: Record<string, string> = {};
      for (const path of new Set(fixed)) {
        const value = await absentValue(first.table, path);
        if (value !== null) absent[path] = value;
      }
      if (Object.keys(absent).length === new Set(fixed).size) add(absent);
      return [...tuples.values()];
    },
  };
}

/** Values that no generator makes; any other type is text. */
const ABSENT: Readonly<Record<string, string>> = {
  uuid: '00000000-0000-4000-8000-000000000000',
  smallint: '-32768',
  integer: '-2147483648',
  bigint: '-9223372036854775808',
  date: '1901-01-01',
  'timestamp without time zone': '1901-01-01 00:00:00',
  'timestamp with time zone': '1901-01-01 00:00:00+00',
};

function headOf({ SK: [head], entity }: Member): string {
  if (head?.path !== null) throw new Error(`${entity}'s sort key does not begin with a text`);
  return head.text;
}

function depthOf(pattern: Pattern, SK: readonly Segment[]): number {
  if (pattern.SK !== undefined) return pattern.SK.replace(/#$/, '').split('#').length;
  if (typeof pattern.entity !== 'string') return 0;
  const at = SK.findIndex(({ path }) => path !== null);
  return at === -1 ? SK.length : at;
}

function segments(template: string): readonly Segment[] {
  return template.split('#').map((text) => {
    const match = /^\{(.*?)(\|lower)?\}$/.exec(text);
    return { path: match?.[1] ?? null, text, lower: match?.[2] !== undefined };
  });
}

function constants(conditions: Readonly<Record<string, Condition>>): readonly string[] {
  return Object.entries(conditions).map(([column, condition]) => {
    const own = `t.${quoted(column)}`;
    if (condition === null) return `${own} IS NULL`;
    if (typeof condition !== 'object') return `${own}::text = ${literal(condition)}`;
    if ('in' in condition) return `${own}::text IN (${condition.in.map(literal).join(', ')})`;
    const { not } = condition;
    if (not === null) return `${own} IS NOT NULL`;
    return `${own}::text NOT IN (${(typeof not === 'object' ? not : [not]).map(literal).join(', ')})`;
  });
}

function literal(value: string | number | boolean): string {
  return `'${String(value).replaceAll("'", "''")}'`;
}

function entityOf(plan: Plan, name: string): Plan['entities'][string] {
  const entity = plan.entities[name];
  if (entity === undefined) throw new Error(`no entity ${name}`);
  return entity;
}

function patternOf(plan: Plan, name: string): Pattern {
  const pattern = plan.patterns[name];
  if (pattern === undefined) throw new Error(`no pattern ${name}`);
  return pattern;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
