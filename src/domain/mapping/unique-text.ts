import type { UniquePart } from '../catalogue/catalogue.ts';
import type { Condition } from '../catalogue/condition.ts';
import { planRule } from '../plan/unique-rules.ts';
import type { CanonicalCondition, Conditions } from './conditions.ts';
import type { UniqueShape } from './unique-shape.ts';

/** Conditions as text: `deleted_at is NULL and kind = a`. */
export function conditionText(conditions: Conditions): string {
  return conditionTexts(conditions).join(' and ');
}

/** Each condition as text: `deleted_at is NULL`, `kind = a`, `kind in (a, b)`, `kind not in (a)`, `kind is not NULL`. */
export function conditionTexts(conditions: Conditions): readonly string[] {
  return Object.entries(conditions).map(([column, condition]) => {
    if (condition === null) return `${column} is NULL`;
    if (typeof condition === 'string') return `${column} = ${condition}`;
    if ('in' in condition) return `${column} in (${condition.in.join(', ')})`;
    return condition.not.length === 0 ? `${column} is not NULL` : `${column} not in (${condition.not.join(', ')})`;
  });
}

/** A column of a unique key as SQL: `lower(email)`. */
export function partName({ column, lower }: UniquePart): string {
  return lower ? `lower(${column})` : column;
}

/** A rule of `unique` as the plan has it: the bare template where that says all. */
export function ruleText(
  parts: readonly UniquePart[],
  when: Readonly<Record<string, Condition>>,
  nulls: UniqueShape['nulls'],
): string {
  const key = parts.map(({ column, lower }) => `{${column}${lower ? '|lower' : ''}}`).join('#');
  return JSON.stringify(planRule({ key, when, nulls }));
}

/** In what a rule differs from a unique index of the same columns. */
export function uniqueDifference(rule: UniqueShape, index: UniqueShape): string {
  const lowered = rule.parts.filter(({ column, lower }) => lower !== isLowered(index, column));
  const differences = [
    ...lowered.map(({ column, lower }) =>
      lower ? `compares ${column} in lower case` : `compares ${column} as written, not in lower case`,
    ),
    ...(JSON.stringify(sorted(rule.when)) === JSON.stringify(sorted(index.when))
      ? []
      : [`holds ${scope(rule.when)}, not ${scope(index.when)}`]),
    ...(rule.nulls === index.nulls
      ? []
      : [rule.nulls === 'same' ? 'takes NULL for a value' : 'does not take NULL for a value']),
  ];
  return differences.join(', and ');
}

function scope(conditions: Conditions): string {
  const text = conditionText(conditions);
  return text === '' ? 'for all rows' : `where ${text}`;
}

function sorted(conditions: Conditions): readonly (readonly [string, CanonicalCondition])[] {
  return Object.entries(conditions).sort(([left], [right]) => (left < right ? -1 : 1));
}

function isLowered({ parts }: UniqueShape, name: string): boolean {
  return parts.find(({ column }) => column === name)?.lower === true;
}
