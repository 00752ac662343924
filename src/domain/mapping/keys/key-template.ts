import { ValueRefused } from '../../errors.ts';
import { isBodyRef, type RowImage } from '../../row.ts';
import type { KeyPosition, KeyText } from './key-text.ts';
import { lowerCase, type Segment } from './template.ts';
import { ownProperty } from '../../own-property.ts';

/** A segment with the codec of its column's type. */
export type KeyPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'value'; readonly path: string; readonly lower: boolean; readonly codec: KeyText };

/** A compiled template. */
export interface KeyTemplate {
  readonly position: KeyPosition;
  readonly parts: readonly KeyPart[];
  /** Columns and followed paths whose values it holds. */
  readonly paths: readonly string[];
  /** The key, or null where a value is NULL. Throws ValueRefused if a key cannot hold a value, or would be too long. */
  text(image: RowImage): string | null;
}

/** DynamoDB's limits on bytes of a key attribute. */
export const KEY_BYTES: Readonly<Record<KeyPosition, number>> = { PK: 2048, SK: 1024 };

export interface TemplateOptions {
  /** A text stands before the key, so that it may be empty itself. */
  readonly prefixed?: boolean;
  /** `same`: NULL is a value of its own, and the key of a row with NULL is not null. */
  readonly nulls?: 'distinct' | 'same';
}

/** NULL as a segment: no encoded value contains a `%` that two hexadecimal digits do not follow. */
export const NULL_SEGMENT = '%NULL';

/** Compiles a template; `codecOf` returns the codec of a path's type in this position. */
export function compileTemplate(
  entity: string,
  position: KeyPosition,
  segments: readonly Segment[],
  codecOf: (path: string) => KeyText,
  { prefixed = false, nulls = 'distinct' }: TemplateOptions = {},
): KeyTemplate {
  const parts = segments.map((segment): KeyPart =>
    segment.kind === 'literal' ? segment : { ...segment, codec: codecOf(segment.path) },
  );
  const paths = parts.flatMap((part) => (part.kind === 'value' ? [part.path] : []));
  const text = (image: RowImage): string | null => {
    let key = '';
    let first = true;
    for (const part of parts) {
      if (first) first = false;
      else key += '#';
      if (part.kind === 'literal') key += part.text;
      else {
        const value = ownProperty(image, part.path);
        if (value === null || value === undefined) {
          if (nulls === 'distinct') return null;
          key += NULL_SEGMENT;
          continue;
        }
        if (isBodyRef(value))
          throw new ValueRefused({ entity, column: part.path, reason: 'a key cannot hold a large value' });
        key += partText(entity, part, value);
      }
    }
    if (key === '' && !prefixed) throw emptyKey(entity, paths);
    checkLength(entity, position, key, paths);
    return key;
  };
  return { position, parts, paths, text };
}

/** One value as a key segment. */
export function partText(entity: string, part: Extract<KeyPart, { kind: 'value' }>, value: string): string {
  const encoded = part.codec.encode(part.lower ? lowerCase(value) : value);
  if (encoded !== null) return encoded;
  const reason = `${JSON.stringify(value)} cannot be encoded in a key`;
  throw new ValueRefused({ entity, column: part.path, reason });
}

/** A key of one empty value: DynamoDB takes no empty key. A segment may be empty where others are beside it; it sorts before all others. */
export function emptyKey(entity: string, paths: readonly string[]): ValueRefused {
  return new ValueRefused({ entity, column: paths.join(', '), reason: 'a key cannot be empty' });
}

/** Throws ValueRefused for a key that DynamoDB would refuse. */
export function checkLength(entity: string, position: KeyPosition, key: string, paths: readonly string[]): void {
  const limit = KEY_BYTES[position];
  if (key.length * 3 <= limit) return;
  const bytes = Buffer.byteLength(key);
  if (bytes > limit)
    throw new ValueRefused({
      entity,
      column: paths.join(', '),
      reason: `its ${position} would take ${bytes} bytes, the limit is ${limit}`,
    });
}

/** The values in a key of this template, as canonical text by path; null if the key does not match the template. */
export function readKey(template: KeyTemplate, key: string): Readonly<Record<string, string>> | null {
  const segments = key.split('#');
  if (segments.length !== template.parts.length) return null;
  const values: Record<string, string> = {};
  for (const [at, part] of template.parts.entries()) {
    const segment = segments[at] ?? '';
    if (part.kind === 'literal') {
      if (segment !== part.text) return null;
    } else if (!part.lower) values[part.path] = part.codec.decode(segment);
  }
  return values;
}
