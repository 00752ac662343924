/** A constant of the plan or of an index's predicate; null = NULL. */
export type Constant = string | number | boolean | null;

/**
 * What `when` demands of a column, as SQL has it: that it equals a constant (null: IS NULL), one of several (IN), or none of them (`<>` and
 * NOT IN, which a NULL does not fulfil; null: IS NOT NULL).
 */
export type Condition =
  Constant | { readonly in: Exclude<Constant, null>[] } | { readonly not: Constant | Exclude<Constant, null>[] };

/** `either`: the constants that fulfil the condition. `other`: those that do not, while every other value but NULL does. */
export interface ConditionConstants {
  readonly either: readonly Constant[] | null;
  readonly other: readonly Exclude<Constant, null>[];
}

/** A condition as the constants that it lists. */
export function constantsIn(condition: Condition): ConditionConstants {
  if (condition === null || typeof condition !== 'object') return { either: [condition], other: [] };
  if ('in' in condition) return { either: condition.in, other: [] };
  const { not } = condition;
  return { either: null, other: not === null ? [] : typeof not === 'object' ? not : [not] };
}
