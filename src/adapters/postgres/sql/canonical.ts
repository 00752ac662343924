import type { CatalogueColumn } from '../../../domain/catalogue/catalogue.ts';
import { ALL_SETTINGS, withSettings, type Setting } from './with-settings.ts';

type Scalar = Pick<CatalogueColumn, 'type' | 'kind'>;

/** An expression of type text that is correct only under these settings. */
export interface SettingText {
  readonly sql: string;
  readonly settings: readonly Setting[];
}

/**
 * The canonical text of a value (mapping/types.ts says which) as an SQL expression of type text, NULL for NULL.
 * No session setting shows in it: readers, the trigger and the verifier run under different ones (RACE-32).
 */
export function canonical(column: CatalogueColumn, value: string): string {
  const { sql, settings } = settingText(column, value);
  return withSettings(settings, sql);
}

/** The same without pinned settings, for callers that pin them once for many values. */
export function settingText(column: CatalogueColumn, value: string): SettingText {
  const settings = settingsOf(column);
  if (column.array) return { sql: arrayText(column, value), settings };
  return { sql: scalarText(column, value), settings: hasOwnFunction(column) ? [] : settings };
}

/** Types whose canonical text is written by functions that no setting changes. */
function hasOwnFunction({ type, kind }: Scalar): boolean {
  return kind === 'b' && ['date', 'timestamp', 'timestamptz', 'bytea'].includes(type);
}

function scalarText({ type, kind }: Scalar, value: string): string {
  if (kind !== 'b') return `${value}::text`;
  switch (type) {
    case 'bpchar':
      // A cast to text drops the padding that the type means; its output function does not.
      return `CASE WHEN ${value} IS NOT NULL THEN concat(${value}) END`;
    case 'date':
      return `(to_json(${value}) #>> '{}')`;
    case 'timestamp':
      return timestampText(value);
    case 'timestamptz':
      return instantText(value);
    case 'bytea':
      return `encode(${value}, 'hex')`;
    default:
      return `${value}::text`;
  }
}

/** JSON's output is ISO under every DateStyle. */
function timestampText(value: string): string {
  return `replace(to_json(${value}) #>> '{}', 'T', ' ')`;
}

function instantText(value: string): string {
  const text = timestampText(`(${value} AT TIME ZONE 'UTC')`);
  return (
    `CASE WHEN NOT isfinite(${value}) THEN ${text}` +
    ` WHEN ${value} < '0001-01-01 UTC' THEN left(${text}, -3) || '+00 BC' ELSE ${text} || '+00' END`
  );
}

/** Types whose text no setting changes. */
const PLAIN = new Set(
  (
    'bool int2 int4 int8 oid numeric text varchar citext bpchar name char uuid json jsonb xml time timetz inet cidr macaddr macaddr8 ' +
    'bit varbit tsvector tsquery int4range int8range numrange int4multirange int8multirange nummultirange'
  ).split(' '),
);

/** What the text of a type depends on; of composites, ranges and types that this list does not know, everything. */
function settingsOf({ type, kind }: Scalar): readonly Setting[] {
  if (kind === 'e' || (kind !== 'c' && PLAIN.has(type))) return [];
  if (kind !== 'b') return ALL_SETTINGS;
  switch (type) {
    case 'float4':
    case 'float8':
      return ['extra_float_digits'];
    case 'interval':
      return ['IntervalStyle'];
    case 'money':
      return ['lc_monetary'];
    case 'bytea':
      return ['bytea_output'];
    case 'date':
    case 'timestamp':
      return ['DateStyle'];
    case 'timestamptz':
      return ['DateStyle', 'TimeZone'];
    default:
      return ALL_SETTINGS;
  }
}

/**
 * A JSON array of the elements' canonical texts, written as JSON.stringify would; arrays of another shape as PostgreSQL's text.
 * Unnested in the select list, because in FROM a composite would fall apart into its columns.
 */
function arrayText(column: CatalogueColumn, value: string): string {
  const element = scalarText(column, 'e.v');
  return (
    `CASE WHEN ${value} IS NULL THEN NULL WHEN cardinality(${value}) = 0 THEN '[]'` +
    ` WHEN array_ndims(${value}) > 1 OR array_lower(${value}, 1) <> 1 THEN ${value}::text` +
    ` ELSE (SELECT '[' || string_agg(coalesce(to_json(${element})::text, 'null'), ',' ORDER BY e.n) || ']'` +
    ` FROM (SELECT unnest(${value}) AS v, generate_subscripts(${value}, 1) AS n) AS e) END`
  );
}

/** Bytes of a text in UTF-8, whatever the encoding of the server. */
export function utf8Bytes(text: string): string {
  return `octet_length(convert_to(${text}, 'UTF8'))`;
}
