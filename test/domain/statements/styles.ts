/** What a statement asks of one table, in short. */
export interface Asked {
  readonly table: string;
  readonly equal?: readonly string[];
  readonly list?: string;
  readonly range?: string;
  readonly between?: string;
  readonly prefix?: string;
  readonly isNull?: string;
  readonly isTrue?: string;
  readonly order?: readonly string[];
  readonly limit?: boolean;
}

/** How an ORM or a person writes it. */
interface Style {
  readonly select: string;
  readonly from: (table: string) => string;
  readonly column: (table: string, name: string) => string;
  readonly value: (at: number) => string;
  readonly list?: (at: number) => string;
  readonly where?: (conditions: readonly string[]) => string;
  readonly limit: (at: number) => string;
  readonly before?: string;
  readonly after?: string;
  /** Puts the statement into another. */
  readonly around?: (statement: string) => string;
}

const bound = (at: number) => `$${at}`;
const plainFrom = (table: string) => table;

export const STYLES: Readonly<Record<string, Style>> = {
  Prisma: {
    select: '"public"."{table}"."id", "public"."{table}"."created_at"',
    from: (table) => `"public"."${table}"`,
    column: (table, name) => `"public"."${table}"."${name}"`,
    value: bound,
    where: (conditions) => `(${['1=1', ...conditions].join(' AND ')})`,
    limit: (at) => `LIMIT $${at} OFFSET $${at + 1}`,
  },
  TypeORM: {
    select: '"Row"."id" AS "Row_id"',
    from: (table) => `"${table}" "Row"`,
    column: (_, name) => `"Row"."${name}"`,
    value: bound,
    where: (conditions) => `( ${conditions.map((condition) => `(${condition})`).join(' AND ')} )`,
    limit: () => 'LIMIT 20',
  },
  Django: {
    select: '"{table}"."id"',
    from: (table) => `"${table}"`,
    column: (table, name) => `"${table}"."${name}"`,
    value: () => "'8d7f4e5a-0f1e-4f0e-9a53-1c1d3f0f9b11'",
    limit: () => 'LIMIT 21',
  },
  Rails: {
    select: '"{table}".*',
    from: (table) => `"${table}"`,
    column: (table, name) => `"${table}"."${name}"`,
    value: bound,
    limit: (at) => `LIMIT $${at}`,
    after: ' /*application:Journal,controller:sessions,action:index*/',
  },
  Hibernate: {
    select: 't1_0.id',
    from: (table) => `${table} t1_0`,
    column: (_, name) => `t1_0.${name}`,
    value: bound,
    limit: (at) => `fetch first $${at} rows only`,
  },
  sqlc: {
    select: 'id',
    from: plainFrom,
    column: (_, name) => name,
    value: bound,
    limit: (at) => `LIMIT $${at}`,
    before: '-- name: ListRows :many\n',
  },
  SQLAlchemy: {
    select: '{table}.id AS {table}_id',
    from: plainFrom,
    column: (table, name) => `${table}.${name}`,
    value: (at) => `$${at}::VARCHAR`,
    limit: (at) => `\n LIMIT $${at}::INTEGER`,
  },
  Knex: {
    select: '*',
    from: (table) => `"${table}"`,
    column: (_, name) => `"${name}"`,
    value: bound,
    list: (at) => `(${[at, at + 1, at + 2].map(bound).join(', ')})`,
    limit: (at) => `limit $${at}`,
  },
  Ecto: {
    select: 't0."id"',
    from: (table) => `"${table}" AS t0`,
    column: (_, name) => `t0."${name}"`,
    value: bound,
    where: (conditions) => conditions.map((condition) => `(${condition})`).join(' AND '),
    list: (at) => `= ANY($${at})`,
    limit: (at) => `LIMIT $${at}`,
  },
  'any array': {
    select: '*',
    from: (table) => `public.${table} AS x`,
    column: (_, name) => `x.${name}`,
    value: (at) => `CAST($${at} AS text)`,
    list: (at) => `= ANY($${at}::uuid[])`,
    limit: (at) => `LIMIT $${at}`,
  },
  'PostgreSQL 18 lists': {
    select: '*',
    from: plainFrom,
    column: (_, name) => name,
    value: bound,
    list: (at) => `($${at} /*, ... */)`,
    limit: (at) => `LIMIT $${at}`,
  },
  literals: {
    select: 'id, created_at',
    from: plainFrom,
    column: (_, name) => name.toUpperCase(),
    value: () => "E'it\\'s; -- a value'",
    limit: () => 'LIMIT 10',
    before: '/* a comment; with a semicolon */ ',
  },
  'values first': {
    select: 'DISTINCT x.id',
    from: (table) => `ONLY ${table} x`,
    column: (_, name) => `(x."${name}")`,
    value: (at) => `coalesce($${at}, $${at + 7})`,
    limit: (at) => `LIMIT $${at} FOR SHARE`,
  },
  CTE: {
    select: '*',
    from: plainFrom,
    column: (table, name) => `${table}.${name}`,
    value: bound,
    limit: (at) => `LIMIT $${at}`,
    around: (statement) => `WITH picked AS (${statement}) SELECT picked.id FROM picked`,
  },
  'derived table': {
    select: '*',
    from: plainFrom,
    column: (table, name) => `${table}.${name}`,
    value: bound,
    limit: (at) => `LIMIT $${at}`,
    around: (statement) => `SELECT sub.id FROM (${statement}) AS sub`,
  },
};

/** The statement as the style writes it. */
export function written(style: Style, asked: Asked): string {
  let at = 0;
  const next = () => style.value(++at);
  const column = (name: string) => style.column(asked.table, name);
  const list = (name: string): string => {
    const text = style.list?.(++at) ?? `(${style.value(at)}, ${style.value(++at)})`;
    return `${column(name)} ${text.startsWith('=') ? text : `IN ${text}`}`;
  };
  const conditions = [
    ...(asked.equal ?? []).map((name) => `${column(name)} = ${next()}`),
    ...(asked.list === undefined ? [] : [list(asked.list)]),
    ...(asked.range === undefined ? [] : [`${column(asked.range)} >= ${next()}`]),
    ...(asked.between === undefined ? [] : [`${column(asked.between)} BETWEEN ${next()} AND ${next()}`]),
    ...(asked.prefix === undefined ? [] : [`${column(asked.prefix)} LIKE ${next()} || '%'`]),
    ...(asked.isNull === undefined ? [] : [`${column(asked.isNull)} IS NULL`]),
    ...(asked.isTrue === undefined ? [] : [column(asked.isTrue)]),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${style.where?.(conditions) ?? conditions.join(' AND ')}`;
  const order = (asked.order ?? []).map((name) => `${column(name)} DESC`).join(', ');
  const text = [
    `SELECT ${style.select.replaceAll('{table}', asked.table)} FROM ${style.from(asked.table)}${where}`,
    ...(order === '' ? [] : [`ORDER BY ${order}`]),
    ...(asked.limit === true ? [style.limit(at + 1)] : []),
  ].join(' ');
  return `${style.before ?? ''}${style.around?.(text) ?? text}${style.after ?? ''}`;
}
