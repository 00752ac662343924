import type { ColumnType } from '../mapping/values/types.ts';
import { padTo } from '../mapping/values/text.ts';
import { fromCanonical, type ReadValue } from '../mapping/values/from-canonical.ts';

/** An example value of a type for KEYS.md, chosen to show how a key encodes it. */
export function exampleValue(type: ColumnType): ReadValue {
  return fromCanonical(type)(canonical(type));
}

function canonical(type: ColumnType): string {
  switch (type.kind) {
    case 'boolean':
      return 'true';
    case 'integer':
      return '42';
    case 'decimal':
      return `7${(type.scale ?? 0) > 0 ? `.${'5'.padEnd(type.scale ?? 0, '0')}` : ''}`;
    case 'padded':
      return padTo(fitting('AB', type.length), type.length);
    case 'text':
      return fitting('Ann Lee', type.length);
    case 'enum':
      return 'label';
    case 'uuid':
      return '0b6d1c52-5a0e-4f43-9c1e-2f7a8d3e9b10';
    case 'date':
      return '2024-01-31';
    case 'time':
      return '18:30:00';
    case 'timestamp':
      return '2024-01-31 18:30:00.25';
    case 'timestamptz':
      return '2024-01-31 18:30:00.25+00';
    default:
      return 'value';
  }
}

function fitting(text: string, length: number | null): string {
  return length === null ? text : text.slice(0, length);
}
