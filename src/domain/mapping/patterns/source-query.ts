import type { CanonicalCondition, Conditions } from '../conditions.ts';
import type { KeyPart } from '../keys/key-template.ts';
import { lowerCase } from '../keys/template.ts';
import type { CanonicalArguments } from './pattern-arguments.ts';
import type { PatternShape } from './pattern-shape.ts';

/** A condition on a column or followed path. `values` are canonical texts, and become SQL parameters. */
export interface SourceCondition {
  readonly path: string;
  readonly lower: boolean;
  /** `in` and `notIn` take any number of values, `isNull` and `notNull` none, all others one. */
  readonly op: '=' | '>=' | '<=' | 'startsWith' | 'isNull' | 'notNull' | 'in' | 'notIn';
  readonly values: readonly string[];
}

/** `collate`: ORDER BY … COLLATE "C", else the type's own order. */
export interface SourceOrder {
  readonly path: string;
  readonly lower: boolean;
  readonly collate: boolean;
}

/** PostgreSQL's side of a pattern, for one entity: same conditions, same order. */
export interface SourceQuery {
  readonly entity: string;
  readonly conditions: readonly SourceCondition[];
  /** Paths that must not be NULL: the row would not be in the index. */
  readonly notNull: readonly string[];
  readonly order: readonly SourceOrder[];
  readonly direction: 'asc' | 'desc';
  readonly limit: number | null;
}

/** PostgreSQL's side of a pattern: one query per entity. */
export function sourceQueries(shape: PatternShape, given: CanonicalArguments): readonly SourceQuery[] {
  const { plan, members, depth } = shape;
  const [first] = members;
  const index = plan.index ?? null;
  return members.map((member): SourceQuery => ({
    entity: member.entity.name,
    conditions: [
      ...equalities(first.PK.parts, member.PK.parts, given),
      ...equalities(first.SK.parts.slice(0, depth), member.SK.parts.slice(0, depth), given),
      ...rangeConditions(shape, given),
      ...filterConditions(shape, given),
      ...constants(member.entity.where),
      ...constants(member.entity.indexes.find((candidate) => candidate.name === index)?.when ?? {}),
    ],
    notNull: index === null ? [] : [...new Set([...member.PK.paths, ...member.SK.paths])],
    order: member.SK.parts
      .slice(depth)
      .flatMap((part) =>
        part.kind === 'value' ? [{ path: part.path, lower: part.lower, collate: part.codec.collate }] : [],
      ),
    direction: plan.order,
    limit: plan.limit ?? null,
  }));
}

/** Arguments are named by the first entity's columns; the columns of the others are at the same position of the key. */
function equalities(
  named: readonly KeyPart[],
  own: readonly KeyPart[],
  given: CanonicalArguments,
): readonly SourceCondition[] {
  return own.flatMap((part, at): readonly SourceCondition[] => {
    const name = named[at];
    if (part.kind !== 'value' || name?.kind !== 'value') return [];
    const text = given.text(name.path);
    return [{ path: part.path, lower: part.lower, op: '=', values: [part.lower ? lowerCase(text) : text] }];
  });
}

function rangeConditions(
  { plan, members: [first], depth }: PatternShape,
  given: CanonicalArguments,
): readonly SourceCondition[] {
  const next = first.SK.parts[depth];
  if (next?.kind !== 'value') return [];
  const { path, lower } = next;
  const condition = (op: SourceCondition['op'], value: string | null): readonly SourceCondition[] =>
    value === null ? [] : [{ path, lower, op, values: [lower ? lowerCase(value) : value] }];
  const { from, to } = plan.range === undefined ? { from: null, to: null } : given.range(plan.range);
  const begins = plan.prefix !== undefined && given.has(plan.prefix) ? given.prefix(plan.prefix) : null;
  return [...condition('>=', from), ...condition('<=', to), ...condition('startsWith', begins)];
}

function filterConditions({ plan }: PatternShape, given: CanonicalArguments): readonly SourceCondition[] {
  return (plan.filter ?? []).flatMap((path): readonly SourceCondition[] =>
    given.has(path) ? [{ path, lower: false, op: '=', values: [given.text(path)] }] : [],
  );
}

function constants(conditions: Conditions): readonly SourceCondition[] {
  return Object.entries(conditions).map(([path, condition]) => ({ path, lower: false, ...comparison(condition) }));
}

function comparison(condition: CanonicalCondition): Pick<SourceCondition, 'op' | 'values'> {
  if (condition === null) return { op: 'isNull', values: [] };
  if (typeof condition === 'string') return { op: '=', values: [condition] };
  if ('in' in condition) return { op: 'in', values: condition.in };
  return { op: condition.not.length === 0 ? 'notNull' : 'notIn', values: condition.not };
}
