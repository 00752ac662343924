import type { CatalogueColumn } from '../catalogue/catalogue.ts';
import { formatDuration } from '../duration.ts';
import { toCanonical } from '../mapping/values/to-canonical.ts';
import { columnType } from '../mapping/values/types.ts';
import type { EntityPlan } from '../plan/plan.ts';

type Rule = EntityPlan['defaults'][string];
type Constant = Extract<Rule, { readonly constant: unknown }>['constant'];

const CAST = String.raw`(?:::[\w "().,[\]]+)?`;
const NOW_TEXT = String.raw`\(?(?:now\(\)|clock_timestamp\(\)|statement_timestamp\(\)|transaction_timestamp\(\)|CURRENT_TIMESTAMP|CURRENT_DATE|LOCALTIMESTAMP|timezone\('utc'::text, (?:now\(\)|CURRENT_TIMESTAMP)\)|'now'::text)(?:\(\d\))?(?: AT TIME ZONE 'utc'::text)?\)?${CAST}`;
const UUID = new RegExp(
  String.raw`^\(?(?:\w+\.)?(?:gen_random_uuid|uuid_generate_v4|uuidv4|uuidv7)\(\)\)?${CAST}$`,
  'i',
);
const NOW = new RegExp(`^${NOW_TEXT}$`, 'i');
const LATER = new RegExp(String.raw`^\(*${NOW_TEXT} \+ (?:'([^']+)'::interval(?: [\w ]+)?|(\d+))\)*${CAST}$`, 'i');
const TEXT = /^\(?'((?:[^']|'')*)'(?:::[^']+)?\)?(?:::[^']+)?$/s;
const BARE = /^\(?(-?\d+(?:\.\d+)?|true|false)\)?(?:::.+)?$/i;
const ARRAY = /^\(?ARRAY\[(.*?)\]\)?(?:::[^']+)?$/s;
const INTERVAL = /^(?:(\d+) years? ?)?(?:(\d+) mons? ?)?(?:(\d+) days? ?)?(?:(\d+):(\d\d):(\d\d(?:\.\d+)?))?$/;

/** The rule that generates a column's value once PostgreSQL is gone, derived from its default as PostgreSQL prints it; null if only a person can decide. */
export function defaultRule(column: CatalogueColumn): Rule | null {
  const expression = column.defaultExpression ?? '';
  const { kind, array } = columnType(column);
  if (expression === 'identity' || /^nextval\(/i.test(expression))
    return kind === 'integer' || kind === 'decimal' ? 'counter' : null;
  if (!array && UUID.test(expression) && (kind === 'uuid' || kind === 'text')) return 'uuid';
  if (!array && (kind === 'timestamptz' || kind === 'timestamp' || kind === 'date')) {
    if (NOW.test(expression)) return 'now';
    const duration = durationOf(expression);
    if (duration !== null) return { now: duration };
  }
  const constant = constantOf(column, expression);
  if (constant === undefined || toCanonical(columnType(column))(constant) === null) return null;
  return { constant };
}

/** `now() + '7 days'::interval` as P7D, `CURRENT_DATE + 30` as P30D. */
function durationOf(expression: string): string | null {
  const later = LATER.exec(expression);
  if (later === null) return null;
  if (later[2] !== undefined) return `P${later[2]}D`;
  const match = INTERVAL.exec(later[1] ?? '');
  if (match === null) return null;
  const amounts = match.slice(1).map((part: string | undefined) => Number(part ?? 0));
  const [years = 0, months = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = amounts;
  const milliseconds = Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000);
  return formatDuration({ months: years * 12 + months, days, milliseconds });
}

function constantOf(column: CatalogueColumn, expression: string): NonNullable<Constant> | undefined {
  const { array } = columnType(column);
  const elements = array ? ARRAY.exec(expression)?.[1] : undefined;
  if (elements !== undefined) return arrayOf(column, elements);
  const text = textOf(expression);
  if (text === undefined) return undefined;
  if (array) return text === '{}' ? [] : undefined;
  return scalarOf(column, text);
}

function textOf(expression: string): string | undefined {
  return TEXT.exec(expression)?.[1]?.replaceAll("''", "'") ?? BARE.exec(expression)?.[1];
}

/** The elements of `ARRAY[…]`; undefined where one is not a constant. */
function arrayOf(column: CatalogueColumn, list: string): Constant[] | undefined {
  if (list === '') return [];
  const elements = [...list.matchAll(/\s*((?:'(?:[^']|'')*'|[^',])+),?/g)].map(([, element = '']) =>
    textOf(element.trim()),
  );
  const values = elements.map((text) => (text === undefined ? undefined : scalarOf(column, text)));
  return values.every((value) => value !== undefined) ? values : undefined;
}

function scalarOf(column: CatalogueColumn, text: string): NonNullable<Constant> | undefined {
  const { kind } = columnType(column);
  if (kind === 'boolean') return /^t(?:rue)?$/i.test(text);
  if (kind === 'json' || kind === 'jsonb') return parsed(text);
  // Numbers that JavaScript would round stay text, which numeric columns accept too.
  if ((kind === 'integer' || kind === 'float') && Number.isSafeInteger(Number(text))) return Number(text);
  return text;
}

/** A JSON value; undefined where JavaScript's numbers would change one in it. */
function parsed(text: string): NonNullable<Constant> | undefined {
  try {
    const value: NonNullable<Constant> | null = JSON.parse(text);
    const numbers = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? [];
    return value !== null && numbers.every((number) => String(Number(number)) === number) ? value : undefined;
  } catch {
    return undefined;
  }
}
