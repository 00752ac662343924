import type { KeyPart } from '../mapping/keys/key-template.ts';
import { conditionTexts } from '../mapping/unique-text.ts';
import type { EntityModel, KeyModel, PatternModel } from './model.ts';

/** A segment as the plan writes it. */
function segmentText(part: KeyPart): string {
  if (part.kind === 'literal') return part.text;
  return `{${part.path}${part.lower ? '|lower' : ''}}`;
}

/** A pattern's key condition: the partition, and the range within it. */
export function keyCondition({ shape: { members, depth }, next }: PatternModel): string {
  const [{ PK, SK }] = members;
  const pk = `PK = \`${PK.parts.map(segmentText).join('#')}\``;
  const front = SK.parts.slice(0, depth).map(segmentText).join('#');
  if (depth > 0 && depth === SK.parts.length) return `${pk}, SK = \`${front}\``;
  const begins = depth === 0 ? pk : `${pk}, SK begins with \`${front}#\``;
  if (next === null) return begins;
  return next.use === 'range'
    ? `${begins}; \`${next.path}\` within bounds, where given`
    : `${begins}; \`${next.path}\` begins with a text, where given`;
}

/** The order of a pattern's rows, in words. */
export function orderOf({ shape: { plan, members, depth } }: PatternModel): string {
  const [{ SK }] = members;
  const parts = members.length > 1 ? 'sort key' : sortedBy(SK.parts.slice(depth));
  return parts === '' ? 'one row at most per key' : `by ${parts}, ${plan.order === 'asc' ? 'ascending' : 'descending'}`;
}

/** The columns by which a key sorts, in turn. */
export function sortedBy(parts: readonly KeyPart[]): string {
  return parts.flatMap((part) => (part.kind === 'value' ? [segmentText(part).slice(1, -1)] : [])).join(', then ');
}

/** The place of a key: `base table`, `GSI1`, `unique email`. */
export function placeOf({ kind, name }: KeyModel): string {
  return kind === 'base' ? 'base table' : kind === 'index' ? name : `unique ${name}`;
}

/** The condition for rows to be in an index, in addition to no column being NULL; empty if there is none. */
export function whenOf({ entity }: EntityModel, key: KeyModel): string {
  const keys = key.kind === 'index' ? entity.indexes : key.kind === 'unique' ? entity.unique : [];
  return conditionTexts(keys.find(({ name }) => name === key.name)?.when ?? {}).join(', ');
}
