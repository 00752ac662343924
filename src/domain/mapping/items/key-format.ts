import { ValueRefused } from '../../errors.ts';
import type { ItemKey } from '../../item.ts';
import type { RowImage } from '../../row.ts';
import { toCanonical } from '../values/to-canonical.ts';
import type { ApplicationValue } from '../values/application-value.ts';
import { compileTemplate, type KeyTemplate, NULL_SEGMENT } from '../keys/key-template.ts';
import { keyText, type KeyPosition, type KeyText } from '../keys/key-text.ts';
import { fromCanonical, type ReadValue } from '../values/from-canonical.ts';
import { shardNumber, unsharded } from './shard.ts';
import { parseTemplate } from '../keys/template.ts';
import type { ColumnType } from '../values/types.ts';
import { ownProperty } from '../../own-property.ts';

/** For an entity whose keys are spread over shards: the column that is hashed, and the number of shards. */
export interface KeySpread {
  readonly by: string;
  readonly into: number;
}

export interface BuildOptions {
  /**
   * True if the load recorded the owner as spread: the partition key gets its shard. Default false.
   */
  readonly spread?: boolean;
}

/** One documented key: from columns to text and back, by the plan's codecs. */
export interface KeyFormat {
  /** Throws ValueRefused for values that are missing or that the key cannot hold. */
  build(values: Readonly<Record<string, ApplicationValue>>, options?: BuildOptions): ItemKey;
  /**
   * Columns and followed paths as application values, `lower` ones in lower case; null for a key of
   * any other format.
   */
  parse(key: ItemKey): Readonly<Record<string, ReadValue>> | null;
}

/** A key's format from its templates and the types of their values, for modules without a catalogue. `nulls`: whether the key has a form for NULL. */
export function keyFormat(
  entity: string,
  templates: ItemKey,
  types: Readonly<Record<string, ColumnType>>,
  spread: KeySpread | null = null,
  nulls: 'distinct' | 'same' = 'distinct',
): KeyFormat {
  const PK = compiled(entity, 'PK', templates.PK, types, nulls);
  const SK = compiled(entity, 'SK', templates.SK, types, nulls);
  const build = (image: RowImage, shard: boolean): ItemKey => {
    const [pk, sk] = [PK.text(image), SK.text(image)];
    if (pk === null || sk === null) throw missing(entity, [...PK.paths, ...SK.paths], image);
    return { PK: shard ? sharded(entity, pk, spread, image) : pk, SK: sk };
  };
  return {
    build: (values, { spread: shard = false } = {}) => build(absorbed(entity, types, values), shard),
    parse: (key) => {
      const pk = spread === null ? key.PK : unsharded(key.PK);
      const image = attempt(() => valuesIn([PK, SK], [pk, key.SK], nulls));
      if (image === null) return null;
      const shown = Object.entries(image).map(
        ([path, text]) => [path, text === null ? null : fromCanonical(typeOf(types, path))(text)] as const,
      );
      const values = Object.fromEntries(shown);
      // A key belongs to the format exactly if its parsed values build the same key.
      const again = attempt(() => build(absorbed(entity, types, values), pk !== key.PK));
      return again?.PK === key.PK && again.SK === key.SK ? values : null;
    },
  };
}

function compiled(
  entity: string,
  position: KeyPosition,
  text: string,
  types: Readonly<Record<string, ColumnType>>,
  nulls: 'distinct' | 'same',
): KeyTemplate {
  const parsed = parseTemplate(text);
  if (!parsed.ok) throw new ValueRefused({ entity, column: position, reason: parsed.problem });
  const codecOf = (path: string): KeyText => {
    const codec = keyText(typeOf(types, path), position);
    if (typeof codec === 'string') throw new ValueRefused({ entity, column: path, reason: codec });
    return codec;
  };
  return compileTemplate(entity, position, parsed.segments, codecOf, { nulls });
}

function typeOf(types: Readonly<Record<string, ColumnType>>, path: string): ColumnType {
  const type = ownProperty(types, path);
  if (type !== undefined) return type;
  throw new TypeError(`no type is given for ${path}`);
}

function absorbed(
  entity: string,
  types: Readonly<Record<string, ColumnType>>,
  values: Readonly<Record<string, ApplicationValue>>,
): RowImage {
  return Object.fromEntries(
    Object.entries(types).map(([path, type]): [string, string | null] => {
      const value = ownProperty(values, path);
      if (value === null || value === undefined) return [path, null];
      const text = toCanonical(type)(value);
      if (text === null)
        throw new ValueRefused({ entity, column: path, reason: "the value has no form in the column's type" });
      return [path, text];
    }),
  );
}

/**
 * The segments' texts by path. A path that is `lower` in one place and not in another takes the
 * unchanged value.
 */
function valuesIn(
  templates: readonly KeyTemplate[],
  keys: readonly string[],
  nulls: 'distinct' | 'same',
): Record<string, string | null> {
  const values: Record<string, string | null> = {};
  const lowered: Record<string, string | null> = {};
  for (const [which, { parts }] of templates.entries()) {
    const segments = (keys[which] ?? '').split('#');
    for (const [at, part] of parts.entries()) {
      if (part.kind === 'literal') continue;
      const segment = segments[at] ?? '';
      const absent = nulls === 'same' && segment === NULL_SEGMENT;
      (part.lower ? lowered : values)[part.path] = absent ? null : part.codec.decode(segment);
    }
  }
  return { ...lowered, ...values };
}

function sharded(entity: string, pk: string, spread: KeySpread | null, image: RowImage): string {
  const by = spread === null ? null : ownProperty(image, spread.by);
  if (spread === null || typeof by !== 'string')
    throw new ValueRefused({
      entity,
      column: spread?.by ?? 'PK',
      reason: 'the plan does not spread this key over shards',
    });
  return `${pk}#SHARD#${shardNumber(by, spread.into)}`;
}

function missing(entity: string, paths: readonly string[], image: RowImage): ValueRefused {
  const column = paths.find((path) => (ownProperty(image, path) ?? null) === null) ?? paths.join(', ');
  return new ValueRefused({ entity, column, reason: 'the key needs this value' });
}

/** A segment that its codec cannot decode makes the key foreign. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
