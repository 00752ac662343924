import type { CatalogueColumn } from '../../domain/catalogue.ts';

type Scalar = Pick<CatalogueColumn, 'type' | 'kind'>;

/**
 * The canonical text of a value (mapping/types.ts says which) as an SQL expression of type text, NULL for NULL.
 * No session setting shows in it: readers, the trigger and the verifier run under different ones (RACE-32).
 */
export function canonical(column: CatalogueColumn, value: string): string {
  return column.array ? arrayText(column, value) : scalarText(column, value);
}

function scalarText({ type, kind }: Scalar, value: string): string {
  if (kind === 'e') return `${value}::text`;
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
    case 'float4':
    case 'float8':
      return pinned(['extra_float_digits', '1'], value);
    case 'interval':
      return pinned(['IntervalStyle', 'postgres'], value);
    case 'tsrange':
    case 'tstzrange':
    case 'daterange':
    case 'tsmultirange':
    case 'tstzmultirange':
    case 'datemultirange':
      return pinned(['DateStyle', 'ISO, YMD'], value, ['TimeZone', 'UTC']);
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
  return `CASE WHEN NOT isfinite(${value}) THEN ${text} WHEN right(${text}, 3) = ' BC' THEN left(${text}, -3) || '+00 BC' ELSE ${text} || '+00' END`;
}

/** CASE looks at its condition first, so the setting holds, until the transaction's end, when the value is shown. */
function pinned(
  setting: readonly [string, string],
  value: string,
  ...more: readonly (readonly [string, string])[]
): string {
  const conditions = [setting, ...more].map(
    ([name, to]) => `pg_catalog.set_config('${name}', '${to}', true) IS NOT NULL`,
  );
  return `CASE WHEN ${value} IS NULL THEN NULL WHEN ${conditions.join(' AND ')} THEN ${value}::text END`;
}

/** A JSON array of the elements' canonical texts, written as JSON.stringify would; arrays of another shape as PostgreSQL's text. */
function arrayText(column: CatalogueColumn, value: string): string {
  const element = scalarText(column, 'e.v');
  return (
    `CASE WHEN ${value} IS NULL THEN NULL WHEN cardinality(${value}) = 0 THEN '[]'` +
    ` WHEN array_ndims(${value}) > 1 OR array_lower(${value}, 1) <> 1 THEN ${value}::text` +
    ` ELSE (SELECT '[' || string_agg(coalesce(to_json(${element})::text, 'null'), ',' ORDER BY e.n) || ']'` +
    ` FROM unnest(${value}) WITH ORDINALITY AS e(v, n)) END`
  );
}
