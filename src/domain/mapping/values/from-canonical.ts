import { type ColumnType, elementType } from './types.ts';

/** A value as the application reads it; `ApplicationValue` is the wider type that it may write. */
export type ReadValue =
  string | number | boolean | null | Uint8Array | readonly ReadValue[] | { readonly [name: string]: ReadValue };

/** Returns the converter from canonical text to the value that the application reads, for a column type. */
export function fromCanonical(type: ColumnType): (text: string) => ReadValue {
  if (type.array) {
    const element = fromCanonical(elementType(type));
    return (text) =>
      text.startsWith('[') && !/^\[-?\d/.test(text)
        ? elements(text).map((item) => (item === null ? null : element(item)))
        : text;
  }
  switch (type.kind) {
    case 'boolean':
      return (text) => text === 'true';
    case 'integer':
      return type.name === 'int8' ? (text) => text : Number;
    case 'float':
      return Number;
    case 'bytes':
      return (text) => new Uint8Array(Buffer.from(text, 'hex'));
    case 'json':
    case 'jsonb':
      return parse;
    case 'timestamp':
      return (text) => iso(text, '');
    case 'timestamptz':
      return (text) => iso(text, '+00');
    default:
      return (text) => text;
  }
}

function parse(text: string): ReadValue {
  return JSON.parse(text);
}

function elements(text: string): readonly (string | null)[] {
  return JSON.parse(text);
}

/** `2024-01-02T03:04:05.678900Z`: accepted by Date.parse, and keeps microseconds. */
function iso(text: string, zone: string): string {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(\+00)?$/.exec(text);
  if (match === null || (match[4] ?? '') !== zone) return text;
  return `${match[1] ?? ''}T${match[2] ?? ''}.${(match[3] ?? '').padEnd(6, '0')}${zone === '' ? '' : 'Z'}`;
}
