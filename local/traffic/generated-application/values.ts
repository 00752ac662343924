import type { Random } from '../../../examples/campaigns/generator/random.ts';
import type { ApplicationValue } from '../../../src/domain/mapping/items/application-row.ts';
import type { ProfiledColumn } from './database-profile.ts';

/** Values strictly between these. */
export interface FreeRange {
  readonly after: string;
  readonly before: string;
}

/** The highest value of each type, of `int8` the highest that JavaScript holds exactly. */
export const TOP: Readonly<Record<string, bigint>> = {
  int2: 32_767n,
  int4: 2_147_483_647n,
  int8: 9_007_199_254_740_991n,
};
const LONGEST_TEXT = 120;
const SHORTEST_TEXT = 6;
const LARGEST_BODY = 40_000;

/**
 * Converts a canonical value to the form that an application passes to the client; a body's hash
 * has none.
 */
export function valueOf({ kind }: Pick<ProfiledColumn, 'kind'>, text: string | null): ApplicationValue {
  if (text === null) return null;
  switch (kind) {
    case 'boolean':
      return text === 'true';
    case 'json':
    case 'list':
      return parsed(text);
    case 'bytes':
      return new Uint8Array(Buffer.from(text, 'hex'));
    case 'body':
      return '';
    case 'byte-body':
      return new Uint8Array();
    default:
      return text;
  }
}

/** The same value as a parameter of plain SQL. */
export function parameterOf({ kind }: ProfiledColumn, value: ApplicationValue): unknown {
  if (value === null || value === undefined) return null;
  if (kind === 'json') return JSON.stringify(value);
  if (value instanceof Uint8Array) return Buffer.from(value);
  return Array.isArray(value) ? value : String(value);
}

/**
 * Another value for a column, near the current one, so that most constraints still hold; undefined
 * if none can be generated. `known` are values that the column has in other rows.
 */
export function changedValue(
  random: Random,
  column: ProfiledColumn,
  present: string | null,
  known: readonly string[],
): ApplicationValue {
  if (column.references !== null)
    return column.unique || !column.references.alone ? undefined : valueOf(column, any(random, known));
  switch (column.kind) {
    case 'boolean':
      return present !== 'true';
    case 'number':
      return column.unique ? undefined : number(random, column, present);
    case 'float':
      return column.unique ? undefined : random.between(0, 10_000) / 8;
    case 'timestamp':
      return column.unique ? undefined : new Date().toISOString();
    case 'json':
      return json(random, present);
    case 'list':
      return column.typeName === 'text' || column.typeName === 'varchar' ? ['changed', word(random)] : undefined;
    case 'bytes':
      return random.bytes(random.between(0, 40));
    case 'body':
      return body(random, column);
    case 'byte-body':
      return random.bytes(random.between(0, bodyLength(column)));
    case 'text':
    case 'padded':
      return text(random, column, present);
    case null:
      return undefined;
  }
}

/**
 * A value that no row has yet, in the form of `present`: an address stays an address; undefined if
 * none can be generated. An integer is taken from `free`.
 */
export function freshValue(
  random: Random,
  column: ProfiledColumn,
  present: string | null,
  free: FreeRange | null,
): ApplicationValue {
  if (column.kind === 'list')
    return column.typeName === 'text' || column.typeName === 'varchar' ? [word(random, 7), word(random, 7)] : undefined;
  if (column.type === 'uuid') return random.uuid();
  // As many as there are: they are often hashes, whose length a constraint fixes.
  if (column.kind === 'bytes') return random.bytes(Math.max(1, (present ?? '').length / 2));
  if (column.type === 'integer') {
    if (free === null) return undefined;
    const from = BigInt(free.after) + 1n;
    const room = BigInt(free.before) - from - 1n;
    return room < 0n ? undefined : String(from + BigInt(random.between(0, Number(room < ROOM ? room : ROOM))));
  }
  if (column.type === 'decimal' && column.scale === 0)
    return String(random.between(1, 10 ** Math.min(9, column.precision ?? 9) - 1));
  if (column.type !== 'text' && column.type !== 'padded') return undefined;
  const length = Math.min(column.length ?? LONGEST_TEXT, LONGEST_TEXT);
  if (length < 14) return length < 2 ? undefined : word(random, length);
  const end = Array.from(present ?? '').slice(-(length - 8));
  return `${word(random, 7)}.${end.join('')}`;
}

const ROOM = 1_000_000n;

function number(random: Random, column: ProfiledColumn, present: string | null): ApplicationValue {
  if (column.type === 'integer') {
    const next = BigInt(present ?? 0) + BigInt(random.between(1, 3));
    return next > (TOP[column.typeName] ?? 0n) ? '1' : String(next);
  }
  const scale = Math.min(2, column.scale ?? 2);
  const whole = Math.min(3, (column.precision ?? 5) - (column.scale ?? 2));
  if (scale < 0 || whole < 0) return undefined;
  const fraction = scale === 0 ? '' : `.${String(random.between(0, 10 ** scale - 1)).padStart(scale, '0')}`;
  return `${whole === 0 ? 0 : random.between(0, 10 ** whole - 1)}${fraction}`;
}

/** The previous words, and a marker at the end that the next change replaces. */
function text(random: Random, column: ProfiledColumn, present: string | null): ApplicationValue {
  switch (column.type) {
    case 'enum':
      return any(random, column.labels);
    case 'date':
      return new Date(Date.now() - random.between(0, 3_000) * 86_400_000).toISOString().slice(0, 10);
    case 'time':
      return `${String(random.between(0, 23)).padStart(2, '0')}:${String(random.between(0, 59)).padStart(2, '0')}:00`;
    case 'text':
    case 'padded': {
      const room = Math.min(column.length ?? LONGEST_TEXT, LONGEST_TEXT);
      if (room < SHORTEST_TEXT) return undefined;
      const mark = `~${word(random, column.unique ? Math.min(10, room - 1) : 4)}`;
      const kept = Array.from((present ?? '').replace(/~[0-9a-z]+$/, '')).slice(0, room - mark.length);
      return `${kept.join('')}${mark}`;
    }
    default:
      return undefined;
  }
}

function json(random: Random, present: string | null): ApplicationValue {
  const value = present === null ? {} : parsed(present);
  const mark = { changed: random.between(1, 1_000), by: 'traffic' };
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, ...mark } : mark;
}

function body(random: Random, column: ProfiledColumn): string {
  return `${word(random)} `.repeat(Math.ceil(random.between(0, bodyLength(column)) / 9));
}

/** Half of them above the limit, half below. */
function bodyLength({ over }: ProfiledColumn): number {
  return Math.min(LARGEST_BODY, Math.max(2_000, 2 * (over ?? 0)));
}

function word(random: Random, length = 8): string {
  let letters = '';
  while (letters.length < length) letters += random.bits().toString(36);
  return letters.slice(0, length);
}

export function any(random: Random, from: readonly string[]): string | null {
  return from[random.between(0, Math.max(0, from.length - 1))] ?? null;
}

function parsed(text: string): ApplicationValue {
  return JSON.parse(text);
}
