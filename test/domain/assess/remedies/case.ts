import type { EntityFacts, Facts, KeyFacts, SourceFacts } from '../../../../src/domain/assess/facts.ts';
import type { Assessment } from '../../../../src/domain/assess/finding.ts';
import type { TableText } from '../../campaigns.ts';
import { entity, type Json } from '../../plan-check/broken-plans/change.ts';

/** A plan, its schema and what was measured, each as changes of good ones. */
export interface Edit {
  readonly plan?: Json;
  readonly tables?: Readonly<Record<string, TableText>>;
  readonly source?: Partial<SourceFacts>;
  /** Changes of the measurements of USER. */
  readonly user?: Partial<EntityFacts>;
  readonly facts?: Partial<Omit<Facts, 'source' | 'entities'>>;
  /** The longest statement that USER needs. */
  readonly characters?: number;
}

/**
 * One way that a remedy names. `plan`: an edit of the plan, with what the measurements are then where they depend on it. `database`: an action in
 * the source, after which it is measured anew. `nothing`: the finding says what to know, and the plan passes with it.
 */
export type Remedy = { readonly in: 'plan' | 'database'; readonly edit: Edit } | { readonly in: 'nothing' };

export interface Case {
  readonly finding: Assessment;
  readonly broken: Edit;
  /** What the remedy says, where it depends on what is found. */
  readonly says?: RegExp;
  /** Each way alone is enough. */
  readonly remedies: readonly Remedy[];
}

export const inPlan = (edit: Edit): Remedy => ({ in: 'plan', edit });
export const inDatabase = (edit: Edit): Remedy => ({ in: 'database', edit });
export const NOTHING: Remedy = { in: 'nothing' };

export const user = (change: Json): Json => entity('USER', change);

/** Another partition key leaves USER without the pattern that it shares with SESSION. */
export const alone = (change: Json): Json => ({ ...user(change), patterns: { userWithSessions: undefined } });

/** A key of USER of which one value, or its length, is measured; `value` without kinds has nothing to report. */
export function keyFacts(
  at: string,
  value: Partial<KeyFacts['values'][number]> & { readonly path: string },
  length: Partial<KeyFacts> = {},
): Partial<EntityFacts> {
  const position = at.endsWith('.SK') ? 'SK' : 'PK';
  const values = [{ nulls: null, empties: null, refused: null, ...value }];
  return { keys: [{ at, position, maxBytes: 40, tooLong: 0, worst: null, values, ...length }] };
}

export const SOURCE: SourceFacts = {
  triggers: [],
  cascades: [],
  sequences: [],
  constraints: [],
  rights: [],
  logins: [],
  signInLogin: true,
  parents: [],
  otherSchemas: [],
  largeObjects: 0,
  ddl: { eventTriggers: [], partitioned: [], mayFollow: true, schedulers: [] },
  around: {
    foreignPortage: false,
    unchecked: false,
    publications: [],
    subscribed: false,
    subscriptions: [],
    casts: [],
  },
  changesPerDay: null,
};

export const USER: EntityFacts = {
  entity: 'USER',
  rows: 10,
  bytes: 4_000,
  largest: { row: '["1"]', bytes: 400 },
  large: 0,
  tooLarge: 0,
  writeUnits: 10,
  indexes: [],
  claims: 10,
  bodies: { count: 0, bytes: 0 },
  keys: [],
  numbers: [],
  duplicates: [],
  folds: [],
  owners: { count: 10, past: 0, top: [] },
};
