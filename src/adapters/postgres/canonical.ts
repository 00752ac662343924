import type { CatalogueColumn } from '../../domain/catalogue.ts';

type Scalar = Pick<CatalogueColumn, 'type' | 'kind' | 'length'>;

/**
 * The canonical text of a value (mapping/types.ts says which) as an SQL expression of type text, NULL for NULL.
 * No session setting shows in it: readers, the trigger and the verifier run under different ones (RACE-32).
 */
export function canonical(column: CatalogueColumn, value: string): string {
  return column.array ? arrayText(column, value) : scalarText(column, value);
}

function scalarText({ type, kind, length }: Scalar, value: string): string {
  if (kind === 'e') return `${value}::text`;
  switch (type) {
    case 'bpchar':
      // A cast to text drops the padding that the type means.
      return length === null ? `${value}::text` : `rpad(${value}::text, ${length})`;
    case 'date':
      return finite(value, `to_char(${value}, 'YYYY-MM-DD')`);
    case 'timestamp':
      return finite(value, `to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS.US')`);
    case 'timestamptz':
      return finite(value, `to_char(${value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`);
    case 'bytea':
      return `encode(${value}, 'hex')`;
    case 'float4':
    case 'float8':
      return pinned(['extra_float_digits', '1'], value);
    case 'interval':
      return pinned(['IntervalStyle', 'iso_8601'], value);
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

/** Years before our era and infinity have no number that `to_char` could show. */
function finite(value: string, text: string): string {
  return `CASE WHEN NOT isfinite(${value}) THEN replace(${value}::text, 'Infinity', 'infinity') WHEN ${value} < '0001-01-01' THEN ${text} || ' BC' ELSE ${text} END`;
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

/** A JSON array of the elements' canonical texts, written as JSON.stringify would; arrays of several dimensions are flattened. */
function arrayText(column: CatalogueColumn, value: string): string {
  const element = scalarText(column, 'e.v');
  return (
    `CASE WHEN ${value} IS NULL THEN NULL ELSE (SELECT '[' || coalesce(string_agg(coalesce(to_json(${element})::text, 'null'), ',' ORDER BY e.n), '') || ']'` +
    ` FROM unnest(${value}) WITH ORDINALITY AS e(v, n)) END`
  );
}
