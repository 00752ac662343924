import type { EntityPlan, PatternPlan } from '../plan/plan.ts';

/** Measurements by table name: rows, longest value of each column, most child rows of one parent. */
export type Measures = Readonly<
  Record<
    string,
    {
      readonly rows: number;
      readonly longest: Readonly<Record<string, number>>;
      /** Keyed by the columns of the foreign key, joined with commas. */
      readonly children: Readonly<Record<string, number>>;
    }
  >
>;

export type EntityDraft = Pick<EntityPlan, 'from' | 'key'> & Partial<EntityPlan>;
export type PatternDraft = Partial<PatternPlan> & Pick<PatternPlan, 'entity'>;

/** A plan to start from; omitted settings have the plan's defaults. */
export interface PlanDraft {
  readonly name: string;
  readonly source: { readonly schema: string };
  readonly table: { readonly name: string; readonly indexes: readonly string[] };
  readonly exclude: Readonly<Record<string, string>>;
  readonly entities: Readonly<Record<string, EntityDraft>>;
  readonly patterns: Readonly<Record<string, PatternDraft>>;
}

/** A part of the draft that a person should review; `path` is the place in the plan. */
export interface Note {
  readonly path: string;
  readonly text: string;
}

export interface DraftedPlan {
  readonly plan: PlanDraft;
  readonly notes: readonly Note[];
}
