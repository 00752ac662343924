import type { EntityPlan, PatternPlan } from '../plan/plan.ts';

/** What the tables hold, by their names: longest value of each text and bytea column, rows of the most-referenced parents. */

export type Measures = Readonly<
  Record<
    string,
    {
      readonly rows: number;
      readonly longest: Readonly<Record<string, number>>;
      /** By the foreign key's columns, joined with commas. */
      readonly children: Readonly<Record<string, number>>;
    }
  >
>;

export type EntityDraft = Pick<EntityPlan, 'from' | 'key'> & Partial<EntityPlan>;
export type PatternDraft = Partial<PatternPlan> & Pick<PatternPlan, 'entity'>;
/** A plan as a person would begin it; what was left out has the plan's defaults. */

export interface PlanDraft {
  readonly name: string;
  readonly source: { readonly schema: string };
  readonly table: { readonly name: string; readonly indexes: readonly string[] };
  readonly exclude: Readonly<Record<string, string>>;
  readonly entities: Readonly<Record<string, EntityDraft>>;
  readonly patterns: Readonly<Record<string, PatternDraft>>;
}
/** Something in a draft that a person should look at; `path` is where in the plan. */

export interface Note {
  readonly path: string;
  readonly text: string;
}

export interface DraftedPlan {
  readonly plan: PlanDraft;
  readonly notes: readonly Note[];
}
