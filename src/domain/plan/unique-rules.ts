import type { Condition } from '../catalogue/condition.ts';
import type { EntityPlan } from './plan.ts';

/** A rule of `unique`, whichever way the plan writes it. */
export interface UniqueRule {
  readonly name: string;
  readonly key: string;
  /** Only rows that fulfil it hold their value. */
  readonly when: Readonly<Record<string, Condition>>;
  /** `distinct`: a row with a NULL in the key holds no value. `same`: NULL is a value like any other, as under NULLS NOT DISTINCT. */
  readonly nulls: 'distinct' | 'same';
}

/** A rule as the plan writes it: a bare template where that says all. */
export function planRule({ key, when, nulls }: Omit<UniqueRule, 'name'>): EntityPlan['unique'][string] {
  const conditional = Object.keys(when).length > 0;
  return conditional || nulls === 'same' ? { key, ...(conditional ? { when: { ...when } } : {}), nulls } : key;
}

/** An entity's rules of `unique`, a bare template being a rule for all rows. */
export function uniqueRulesOf({ unique }: Pick<EntityPlan, 'unique'>): readonly UniqueRule[] {
  return Object.entries(unique).map(([name, rule]) =>
    typeof rule === 'string'
      ? { name, key: rule, when: {}, nulls: 'distinct' }
      : { name, key: rule.key, when: rule.when ?? {}, nulls: rule.nulls },
  );
}
