import type { CatalogueColumn } from '../catalogue/catalogue.ts';
import { toCanonical } from '../mapping/values/to-canonical.ts';
import { columnType } from '../mapping/values/types.ts';
import type { EntityPlan } from '../plan/plan.ts';

type Rule = EntityPlan['defaults'][string];

const UUID = /^(?:\w+\.)?(?:gen_random_uuid|uuid_generate_v4|uuidv4|uuidv7)\(\)(?:::\w+)?$/i;
const NOW =
  /^\(?(?:now\(\)|clock_timestamp\(\)|statement_timestamp\(\)|transaction_timestamp\(\)|CURRENT_TIMESTAMP|CURRENT_DATE|LOCALTIMESTAMP|'now'::text)(?:\(\d\))?(?: AT TIME ZONE 'utc'::text)?\)?(?:::[\w ]+)?$/i;
const TEXT = /^'((?:[^']|'')*)'(?:::.+)?$/s;
const BARE = /^\(?(-?\d+(?:\.\d+)?|true|false)\)?(?:::.+)?$/i;

/** The rule that generates a column's value once PostgreSQL is gone, derived from its default; null if only a person can decide. */
export function defaultRule(column: CatalogueColumn): Rule | null {
  const expression = column.defaultExpression ?? '';
  const { kind, array } = columnType(column);
  if (expression === 'identity' || /^nextval\(/i.test(expression))
    return kind === 'integer' || kind === 'decimal' ? 'counter' : null;
  if (!array && UUID.test(expression) && (kind === 'uuid' || kind === 'text')) return 'uuid';
  if (!array && NOW.test(expression) && (kind === 'timestamptz' || kind === 'timestamp' || kind === 'date'))
    return 'now';
  const constant = constantOf(column, expression);
  if (constant === undefined || toCanonical(columnType(column))(constant) === null) return null;
  return { constant };
}

type Constant = Extract<Rule, { readonly constant: unknown }>['constant'];

function constantOf(column: CatalogueColumn, expression: string): NonNullable<Constant> | undefined {
  const { kind, array } = columnType(column);
  const text = TEXT.exec(expression)?.[1]?.replaceAll("''", "'") ?? BARE.exec(expression)?.[1];
  if (text === undefined) return undefined;
  if (array) return text === '{}' ? [] : undefined;
  if (kind === 'boolean') return /^t(?:rue)?$/i.test(text);
  if (kind === 'json' || kind === 'jsonb') return parsed(text);
  // Numbers that JavaScript would round stay text, which numeric columns accept too.
  if ((kind === 'integer' || kind === 'float') && Number.isSafeInteger(Number(text))) return Number(text);
  return text;
}

function parsed(text: string): NonNullable<Constant> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value.length === 0 ? [] : undefined;
    if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? {} : undefined;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
  } catch {
    return undefined;
  }
}
