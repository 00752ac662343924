import type { PatternPlan } from '../../plan/plan.ts';

/** How an access is served in DynamoDB. */
export type Service =
  /** Items by their whole key: GetItem, or BatchGetItem for a list. */
  | {
      readonly kind: 'key';
      readonly entity: string;
      /** Number of keys, as far as the statement tells. */
      readonly values: number | null;
      readonly rest: readonly string[];
    }
  /** Items by a Query. `pattern` is null if the plan has the key, but no pattern that uses it. */
  | {
      readonly kind: 'query';
      readonly entity: string;
      readonly pattern: string | null;
      readonly settings: PatternPlan;
      /** Paths whose values the Query fixes. */
      readonly paths: readonly string[];
      /** Queries to send: one for each value of a list. */
      readonly values: number | null;
      /** A range or prefix narrows it further. */
      readonly narrowed: boolean;
      readonly ordered: boolean;
      /** Conditions that are applied after items are read. */
      readonly rest: readonly string[];
      /** Values that the plan's `when` and `where` expect of parameters. */
      readonly expects: readonly string[];
    }
  | { readonly kind: 'none'; readonly entity: string; readonly reasons: readonly string[]; readonly keyed: boolean }
  /** The plan leaves the table out. */
  | { readonly kind: 'excluded' };
