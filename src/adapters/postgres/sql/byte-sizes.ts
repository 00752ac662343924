import type { CatalogueColumn } from '../../../domain/catalogue/catalogue.ts';
import type { KeyPosition } from '../../../domain/mapping/keys/key-text.ts';
import { fitsDynamoNumbers } from '../../../domain/mapping/values/dynamo-number.ts';
import { columnType, integerWidths } from '../../../domain/mapping/values/types.ts';
import type { Subject } from '../../../domain/plan-check/rules/finding.ts';
import { ownProperty } from '../../../domain/own-property.ts';
import { canonical, utf8Bytes } from './canonical.ts';
import { bodyBytes } from './image.ts';
import { beyondNumbers } from './number-range.ts';
import { quoteIdentifier } from './quote.ts';

/** ISO texts have a fixed length: with six decimals, and `Z` for timestamptz. */
const FIXED: Readonly<Record<string, number>> = { boolean: 1, uuid: 36, date: 10, timestamp: 26, timestamptz: 27 };
/** Bytes of a body's S3 key and of its size attribute. */
const POINTER = 74;
const LENGTH = 8;

/** Bytes of a value as an attribute (mapping/size.ts), at most a few too many; `value` is not NULL. */
function valueBytes(column: CatalogueColumn, value: string, asMap: boolean): string {
  const { kind, array, precision } = columnType(column);
  const text = canonical(column, value);
  // Each element is 1 byte; in JSON it has two quotes and a comma.
  if (array) return `${utf8Bytes(text)} + 2`;
  const fixed = FIXED[kind];
  if (fixed !== undefined) return String(fixed);
  if (kind === 'bytes') return `octet_length(${value})`;
  // Two digits a byte, the exponent and the sign; what is no number of DynamoDB stays text.
  if (kind === 'integer' || (kind === 'decimal' && precision !== null && precision <= 38))
    return `length(${text}) / 2 + 2`;
  return `${utf8Bytes(text)}${asMap ? ' + 3' : ''}`;
}

/** Bytes of everything that a row's columns become, without keys and stamps. */
export function attributesBytes({ entity, table, plan }: Subject, alias: string): string {
  const parts = table.columns
    .filter(({ name }) => !entity.omit.includes(name))
    .map((column) => {
      const value = `${alias}.${quoteIdentifier(column.name)}`;
      const name = Buffer.byteLength(ownProperty(entity.rename, column.name) ?? column.name);
      const inline = `${name} + ${valueBytes(column, value, entity.maps.includes(column.name))}`;
      const large = ownProperty(entity.large, column.name);
      if (large === undefined) return `coalesce(${inline}, 0)`;
      const beside =
        Buffer.byteLength(large.pointer) + POINTER + Buffer.byteLength(large.length ?? `${column.name}Bytes`) + LENGTH;
      const over = large.over ?? plan.sizes.maxInlineBytes;
      return `CASE WHEN ${value} IS NULL THEN 0 WHEN octet_length(${bodyBytes(column, value)}) > ${over} THEN ${beside} ELSE ${inline} END`;
    });
  return parts.length === 0 ? '0' : parts.join(' + ');
}

/** U+0001 to U+0025, which keys show as %XX. */
const ESCAPED = `E'${Array.from({ length: 0x25 }, (_, at) => `\\x${(at + 1).toString(16).padStart(2, '0')}`).join('')}'`;

/** Bytes of a canonical text as a segment of a key (mapping/key-text.ts); exact for text, the width for all else. */
export function segmentBytes(column: CatalogueColumn, text: string, position: KeyPosition): string {
  const { kind, name, array, precision, scale } = columnType(column);
  switch (array ? 'other' : kind) {
    case 'text':
    case 'enum':
    case 'bytes':
    case 'other':
      return `${utf8Bytes(text)} + 2 * (length(${text}) - length(translate(${text}, ${ESCAPED}, '')))`;
    case 'padded': {
      const trimmed = `rtrim(${text}, ' ')`;
      return `${utf8Bytes(trimmed)} + 2 * (length(${trimmed}) - length(translate(${trimmed}, ${ESCAPED}, '')))`;
    }
    case 'integer':
      return position === 'PK' ? `length(${text})` : String((integerWidths[name] ?? 19) + 1);
    case 'decimal':
      return position === 'PK' || precision === null ? `length(${text})` : String(precision + Math.abs(scale ?? 0) + 3);
    case 'time':
      return '15';
    default:
      return String(FIXED[kind] ?? 36);
  }
}

/** True for a canonical text that a key cannot hold: a year of other than four digits. */
export function refusedSql(column: CatalogueColumn, text: string): string | null {
  const { kind } = columnType(column);
  return kind === 'date' || kind === 'timestamp' || kind === 'timestamptz'
    ? `${text} !~ '^([0-9]{4}-[^B]*|-?infinity)$'`
    : null;
}

/** True for an empty text. */
export function emptySql(column: CatalogueColumn, text: string): string | null {
  const { kind } = columnType(column);
  if (kind === 'padded') return `rtrim(${text}, ' ') = ''`;
  return kind === 'text' || kind === 'enum' ? `${text} = ''` : null;
}

/** True for a number that DynamoDB cannot hold: over 38 digits, out of its range; a float that is not finite. */
export function outOfRangeSql(column: CatalogueColumn, value: string): string | null {
  const type = columnType(column);
  if (type.kind === 'decimal') return fitsDynamoNumbers(type) ? null : beyondNumbers(column, value);
  if (type.kind !== 'float' || type.array) return null;
  const special = `${value}::text IN ('NaN', 'Infinity', '-Infinity')`;
  const magnitude = `abs(${value}::numeric)`;
  return `CASE WHEN ${special} THEN true WHEN ${value} = 0 THEN false ELSE ${magnitude} > 9.99e125 OR ${magnitude} < 1e-130 END`;
}
