import type { AttributeValue } from '../../item.ts';
import type { ItemQuery } from '../../ports/table.ts';
import type { RowImage } from '../../row.ts';
import { shardKeys } from '../items/shard.ts';
import { type KeyPart, partText, emptyKey } from '../keys/key-template.ts';
import { lowerCase } from '../keys/template.ts';
import type { EntityMapping, Mapping } from '../mapping.ts';
import { CanonicalArguments, type PatternArguments } from './pattern-arguments.ts';
import { patternRefused, type PatternMember, patternShape, type PatternShape } from './pattern-shape.ts';
import { sourceQueries, type SourceQuery } from './source-query.ts';

export interface PatternQuery {
  readonly index: string | null;
  readonly direction: 'asc' | 'desc';
  readonly limit: number | null;
  /** Columns of the filter, which is applied after items are read and charged. */
  readonly filteredBy: readonly string[];
  /** One per shard; several are merged in the order of `sortKey`. */
  readonly targets: readonly ItemQuery[];
  /** One per entity; several are merged in the order of `sortKey`. */
  readonly sources: readonly SourceQuery[];
}

/**
 * The queries of a pattern with these arguments, for both stores.
 *
 * @throws ValueRefused for an unknown pattern, and for arguments that are missing, unknown or cannot be part of a key
 */
export function patternQuery(mapping: Mapping, name: string, args: PatternArguments): PatternQuery {
  const shape = patternShape(mapping, name);
  const { plan, members } = shape;
  const given = new CanonicalArguments(mapping, name, shape, args);
  const [first] = members;
  const index = plan.index ?? null;
  const pk = joinParts(first.entity.name, first.PK.parts, (part) => given.text(part.path));
  const targets = shardTargets(pk, index, members).map((key): ItemQuery => ({
    index,
    pk: key,
    sk: sortRange(shape, given),
    order: plan.order,
    limit: plan.limit ?? null,
    filter: filterOf(shape, given),
    after: null,
    consistent: false,
  }));
  const sources = sourceQueries(shape, given);

  const filteredBy = (plan.filter ?? []).filter((path) => given.has(path));
  return { index, direction: plan.order, limit: plan.limit ?? null, filteredBy, targets, sources };
}

/** The sort key by which a pattern orders a row, in either store; compare with `compareKeys`. */
export function sortKey(entity: EntityMapping, index: string | null, image: RowImage): string {
  const template = index === null ? entity.SK : entity.indexes.find(({ name }) => name === index)?.SK;
  return template?.text(image) ?? '';
}

/** Compares strings in DynamoDB's order: by their UTF-8 bytes. */
export function compareKeys(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function joinParts(
  entity: string,
  parts: readonly KeyPart[],
  textOf: (part: Extract<KeyPart, { kind: 'value' }>) => string,
): string {
  const text = parts
    .map((part) => (part.kind === 'literal' ? part.text : partText(entity, part, textOf(part))))
    .join('#');
  if (text === '' && parts.length > 0)
    throw emptyKey(
      entity,
      parts.flatMap((part) => (part.kind === 'value' ? [part.path] : [])),
    );
  return text;
}

function shardTargets(pk: string, index: string | null, members: readonly PatternMember[]): readonly string[] {
  if (index !== null) return [pk];
  return [...new Set(members.flatMap(({ entity }) => shardKeys(pk, entity.shard)))];
}

/**
 * Delimiters sort below every first character of a value, so the range from `#` to `$` covers
 * everything that follows a value.
 */
const [LOWEST, AFTER_DELIMITER, HIGHEST] = ['!', '$', '\u{10FFFF}'];

function sortRange({ plan, members: [first], depth }: PatternShape, given: CanonicalArguments): ItemQuery['sk'] {
  const { name } = first.entity;
  const { parts } = first.SK;
  const fixed = joinParts(name, parts.slice(0, depth), (part) => given.text(part.path));
  if (depth > 0 && depth === parts.length) return { from: fixed, to: fixed };
  const front = depth === 0 ? '' : `${fixed}#`;
  const next = parts[depth];
  if (next?.kind === 'value' && plan.range !== undefined && given.has(plan.range)) {
    const { from, to } = given.range(plan.range);
    const end = front === '' ? HIGHEST : `${fixed}${AFTER_DELIMITER}`;
    if (from !== null || to !== null)
      return {
        from: (from === null ? front : front + partText(name, next, from)) || LOWEST,
        to:
          to === null
            ? end
            : front + partText(name, next, to) + (depth + 1 < parts.length ? AFTER_DELIMITER : '') || LOWEST,
      };
  }
  let begins = front;
  if (next?.kind === 'value' && plan.prefix !== undefined && given.has(plan.prefix)) {
    const text = given.prefix(plan.prefix);
    begins += next.codec.prefix?.(next.lower ? lowerCase(text) : text) ?? '';
  }
  return begins === '' ? null : { prefix: begins };
}

function filterOf({ plan, members }: PatternShape, given: CanonicalArguments): ItemQuery['filter'] {
  const [{ entity, SK }, ...others] = members;
  const filter: Record<string, AttributeValue> = {};
  for (const path of plan.filter ?? []) {
    const column = entity.columns.find((candidate) => candidate.column === path);
    if (column === undefined || !given.has(path)) continue;
    const value = column.encode(given.text(path));
    if (value === null) throw patternRefused(entity.name, path, 'the value cannot be stored in an item');
    filter[column.attribute] = value;
  }
  // Sort keys of an index need not begin with the entity's name, and entities may share a partition there.
  const [head] = SK.parts;
  if (others.length === 0 && !(head?.kind === 'literal' && head.text === entity.name))
    filter['_e'] = { S: entity.name };
  return Object.keys(filter).length === 0 ? null : filter;
}
