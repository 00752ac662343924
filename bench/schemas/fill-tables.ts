import type { Client } from 'pg';
import { DatabaseError, escapeIdentifier } from 'pg';
import { randomOf, type Random } from '../../examples/campaigns/generator/random.ts';
import { awkwardValues, type ColumnShape, plainValue } from './awkward-values.ts';
import { inOrderOfReference } from './order-of-reference.ts';
import type { TableShape } from './read-shapes.ts';

export interface FillOptions {
  /** Rows a table, at most. */
  readonly rows: number;
  readonly seed: number;
  /** So many tables get one row with a text of 320 KB. */
  readonly large: number;
}

export interface Filled {
  readonly table: string;
  readonly rows: number;
  /** Why the last row that could not be made was refused; null where none was. */
  readonly refused: string | null;
}

/** A value as PostgreSQL's text, null, or undefined for the column's default. */
type Value = string | null | undefined;

const ATTEMPTS = 60;
const LARGE_BYTES = 320 * 1024;
const LONG = 1_000;
const CHECK_VIOLATION = '23514';

/**
 * Fills every table with a few rows of awkward values, parents before children. A refused row is tried again with other values, plainer ones at the
 * last, in the columns of the violated constraint. What no such row satisfies (triggers, patterns in CHECKs) leaves the table with fewer rows.
 */
export async function fillTables(
  client: Client,
  shapes: readonly TableShape[],
  options: FillOptions,
): Promise<readonly Filled[]> {
  const filled: Filled[] = [];
  const [first] = shapes;
  // Functions that triggers call often count on it.
  if (first !== undefined) await client.query(`SET search_path = ${escapeIdentifier(first.table.schema)}, public`);
  let large = options.large;
  for (const shape of inOrderOfReference(shapes)) {
    const random = randomOf(options.seed, shape.table.name);
    let [rows, refused]: [number, string | null] = [0, null];
    for (let n = 0; n < options.rows; n += 1) {
      const added = await addRow(client, shape, random, n, n === 0 && large > 0);
      if (added.refused === null) rows += 1;
      else refused = added.refused;
      if (added.large) large -= 1;
    }
    filled.push({ table: shape.table.name, rows, refused });
  }
  return filled;
}

interface Added {
  /** Null when the table took the row, else its last reason. */
  readonly refused: string | null;
  /** The row holds a large text. */
  readonly large: boolean;
}

async function addRow(client: Client, shape: TableShape, random: Random, n: number, large: boolean): Promise<Added> {
  const followed = await referencesOf(client, shape, random);
  const candidates = new Map(shape.columns.map((column) => [column.name, candidatesOf(column, random, n, large)]));
  const at = new Map<string, number>();
  const nulls = new Set<string>();
  const nullable = new Set(shape.columns.filter(({ notNull }) => !notNull).map(({ name }) => name));
  let why = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const row = new Map<string, Value>(
      shape.columns.map(({ name }) => {
        const list = candidates.get(name) ?? [];
        return [name, list[(at.get(name) ?? 0) % Math.max(1, list.length)]];
      }),
    );
    for (const { columns, tuples } of followed) {
      const tuple = tuples[(n + (at.get(columns[0] ?? '') ?? 0)) % Math.max(1, tuples.length)];
      // Without a row to refer to, NULL in one column is enough; others may belong to the row's own key.
      for (const [place, column] of columns.entries())
        if (tuple !== undefined) row.set(column, tuple[place] ?? null);
        else if (nullable.has(column)) row.set(column, null);
    }
    for (const name of nulls) row.set(name, null);
    const error = await insert(client, shape, row);
    if (error === null)
      return { refused: null, large: [...row.values()].some((value) => (value ?? '').length > LARGE_BYTES / 4) };
    why = error.message;
    const columns = blamed(shape, error, row, random);
    for (const column of columns) at.set(column, (at.get(column) ?? 0) + 1);
    // "Exactly one of these" is the commonest CHECK of several columns.
    if (error.code === CHECK_VIOLATION && columns.length > 1)
      for (const { name, notNull } of shape.columns)
        if (!notNull && columns.includes(name)) nulls[random.chance(0.5) ? 'add' : 'delete'](name);
  }
  return { refused: why, large: false };
}

function candidatesOf(column: ColumnShape, random: Random, n: number, large: boolean): readonly Value[] {
  const awkward = [...awkwardValues(column)];
  const turn = awkward.length === 0 ? 0 : (n + random.between(0, 3)) % awkward.length;
  const rotated = [...awkward.slice(turn), ...awkward.slice(0, turn)].slice(0, 3);
  const plain = [
    plainValue(column, n),
    plainValue(column, n + 1_000),
    plainValue(column, random.between(2_000, 30_000)),
  ];
  const values: Value[] = [...rotated, ...column.constants, ...plain];
  if (!column.notNull) values.splice(n === 2 ? 0 : values.length, 0, null);
  if (column.hasDefault) values.splice(column.sequence || n === 1 ? 0 : values.length, 0, undefined);
  if (large && isUnlimitedText(column)) values.unshift(`${'Ω€😀 large '.repeat(LARGE_BYTES / 16)}${n}`);
  return values;
}

function isUnlimitedText({ type, array, length }: ColumnShape): boolean {
  return type === 'text' && !array && length === null;
}

interface Reference {
  readonly columns: readonly string[];
  readonly tuples: readonly (readonly (string | null)[])[];
}

/** The values that each foreign key may take, from rows that exist. */
async function referencesOf(client: Client, { table }: TableShape, random: Random): Promise<readonly Reference[]> {
  const found: Reference[] = [];
  for (const { columns, references } of table.foreignKeys) {
    const list = references.columns.map((name) => `${escapeIdentifier(name)}::text`).join(', ');
    const { rows } = await client.query<(string | null)[]>({
      text: `SELECT ${list} FROM ${escapeIdentifier(table.schema)}.${escapeIdentifier(references.table)} LIMIT 20`,
      rowMode: 'array',
    });
    found.push({ columns, tuples: rows.sort(() => random.next() - 0.5) });
  }
  return found;
}

async function insert(
  client: Client,
  { table }: TableShape,
  row: ReadonlyMap<string, Value>,
): Promise<DatabaseError | null> {
  const given = [...row].filter(([, value]) => value !== undefined);
  const target = `${escapeIdentifier(table.schema)}.${escapeIdentifier(table.name)}`;
  const text =
    given.length === 0
      ? `INSERT INTO ${target} DEFAULT VALUES`
      : `INSERT INTO ${target} (${given.map(([name]) => escapeIdentifier(name)).join(', ')}) VALUES (${given.map((_, at) => `$${at + 1}`).join(', ')})`;
  try {
    await client.query(
      text,
      given.map(([, value]) => value),
    );
    return null;
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
}

/** The columns to try with other values: those that the error names, else half of all. */
function blamed(
  shape: TableShape,
  error: DatabaseError,
  row: ReadonlyMap<string, Value>,
  random: Random,
): readonly string[] {
  const names = shape.columns.map(({ name }) => name);
  if (error.column !== undefined && names.includes(error.column)) return [error.column];
  if (error.code === '54000') return names.filter((name) => (row.get(name) ?? '').length > LONG);
  const constraint = shape.constraints.get(error.constraint ?? '') ?? [];
  if (error.code === CHECK_VIOLATION && constraint.length > 0) return constraint;
  if (constraint.length > 0) return constraint.length === 1 ? constraint : constraint.filter(() => random.chance(0.6));
  const quoted = names.filter((name) => error.message.includes(`"${name}"`));
  return quoted.length > 0 ? quoted : names.filter(() => random.chance(0.5));
}
