import { z } from 'zod';
import { MISMATCH_KINDS } from '../compare/finding.ts';
import { scope, type Scope } from './scope.ts';

/** Why a verification runs; `final` and `gate` are evidence, `nightly` counts towards the window. */
export const verificationKind = z.enum(['nightly', 'gate', 'final', 'on-demand']);
export type VerificationKind = z.infer<typeof verificationKind>;

const count = z.number().int().nonnegative();

/** What a segment or a range counted for one entity. */
export const tally = z.object({
  /** Rows of the source that the pass over key ranges met. */
  source: count,
  /** Live items that the scan met. */
  items: count,
  matched: count,
  mismatched: count,
  missing: count,
  extra: count,
  unverified: count,
});
export type Tally = z.infer<typeof tally>;

export const emptyTally: Tally = {
  source: 0,
  items: 0,
  matched: 0,
  mismatched: 0,
  missing: 0,
  extra: 0,
  unverified: 0,
};

const damage = z.enum(MISMATCH_KINDS);

export const finding = z.object({
  entity: z.string().nullable(),
  identity: z.array(z.string()).readonly().nullable(),
  key: z.object({ PK: z.string(), SK: z.string() }).nullable(),
  damage,
  differences: z.array(z.object({ field: z.string(), damage, source: z.string(), target: z.string() })).readonly(),
  version: z.number().nullable(),
  at: z.string().nullable(),
  seq: z.number().nullable(),
  txn: z.string().nullable(),
  ageSeconds: z.number().nullable(),
  firstSeen: z.string(),
  lastSeen: z.string(),
  observedMs: z.number(),
  kind: z.enum(['item', 'row']),
});

/** What one scan segment or one key range found; a document, since findings can be many. */
export const partResult = z.object({
  entities: z.record(z.string(), tally),
  mismatches: z.array(finding),
  unverified: z.array(finding),
  /** Findings beyond those listed; they are counted. */
  unlisted: count,
  digests: z.record(z.string(), z.string()),
  largestItemBytes: count,
  itemsOverAlarm: count,
  rcu: z.number(),
});
export type PartResult = z.infer<typeof partResult>;

/** A run's list of findings, of which the first are shown. */
export const detailsDocument = z.object({
  mismatches: z.array(finding),
  unverified: z.array(finding),
  unlisted: count,
});

const keyRange = z.object({
  after: z.array(z.string()).readonly().nullable(),
  upTo: z.array(z.string()).readonly().nullable(),
});

const leafState = z.object({ columns: z.string(), storage: z.string(), capture: z.string() });

/** The parts that a run is made of, fixed at its start, so that a rerun of any part does the same work. */
export const verificationPlan = z.object({
  run: z.string(),
  kind: verificationKind,
  startedAt: z.string(),
  generation: z.number().int(),
  fingerprint: z.string(),
  scope,
  /** Rewrite what is stably wrong, once the run is concluded. */
  repair: z.boolean(),
  /** Show the values that differ instead of their hashes. */
  showValues: z.boolean(),
  /** Scan segments of the whole table, and those that this run reads. */
  segments: z.number().int().positive(),
  chosen: z.array(count),
  ranges: z.array(z.object({ entity: z.string(), range: keyRange })),
  /** Documents of the bucket's listing. */
  bodyLists: count,
  /** The last concluded run over everything: what it proved and found is taken up. */
  previous: z.object({ run: z.string(), segments: z.array(count) }).nullable(),
  source: z.record(z.string(), leafState),
  planHash: z.string(),
});
export type VerificationPlan = z.infer<typeof verificationPlan>;

/** A row by its name, as reports and acceptances say it. */
export interface NamedRow {
  readonly entity: string;
  readonly identity: readonly string[];
}

/** A finding in short. */
export interface NamedFinding {
  readonly entity: string | null;
  readonly identity: readonly string[] | null;
  readonly damage: string;
  readonly fields: readonly string[];
}

/** The verdict of a run: control record kind VERIFICATION, and the output of the verify machine. */
export interface VerificationSummary {
  readonly run: string;
  readonly kind: VerificationKind;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly seconds: number;
  readonly generation: number;
  readonly scope: Scope;
  /** Everything was looked at, nothing differs, and what never stood still was accepted by name. What gates ask for. */
  readonly clean: boolean;
  readonly rowsCompared: number;
  readonly mismatches: number;
  readonly unverified: number;
  readonly mismatchPercent: number;
  readonly entities: Readonly<Record<string, Tally & { readonly verdict: 'match' | 'mismatch' | 'unverified' }>>;
  /** The mismatches that the details show, by what is wrong. */
  readonly damages: Readonly<Record<string, number>>;
  /** The first of them. */
  readonly examples: readonly NamedFinding[];
  /** Rows that never stood still, as far as they have names; those that somebody accepted, with who and why. */
  readonly unstable: readonly NamedRow[];
  readonly accepted: readonly (NamedRow & { readonly by: string; readonly reason: string })[];
  /** One digest per entity over the compared content; equal content gives equal digests. */
  readonly digests: Readonly<Record<string, string>>;
  readonly largestItemBytes: number;
  readonly itemsOverAlarm: number;
  readonly rcu: number;
  /** Segments that were read: what a later run looks for their documents by. */
  readonly segments: readonly number[];
  readonly repair: boolean;
  /** Document with the findings. */
  readonly details: string;
}

/** Control record kind of the summaries; the id is the run. */
export const VERIFICATION = 'VERIFICATION';

/** Where a run keeps its documents. */
export const documentKey = {
  plan: (run: string) => `documents/verification/${run}/plan.json`,
  bodies: (run: string, at: number) => `documents/verification/${run}/bodies/${at}`,
  proven: (run: string, segment: number) => `documents/verification/${run}/proven/${segment}`,
  segment: (run: string, segment: number) => `documents/verification/${run}/segments/${segment}.json`,
  seen: (run: string, segment: number, entity: string) => `documents/verification/${run}/seen/${segment}/${entity}`,
  range: (run: string, range: number) => `documents/verification/${run}/ranges/${range}.json`,
  details: (run: string) => `documents/verification/${run}/details.json`,
  repairs: (run: string, part: number) => `documents/verification/${run}/repairs/${part}.json`,
};

/** The documents of a run's parts, in one order: segments, then ranges. */
export function partKeys({ run, chosen, ranges }: VerificationPlan): readonly string[] {
  return [
    ...chosen.map((segment) => documentKey.segment(run, segment)),
    ...ranges.map((_, range) => documentKey.range(run, range)),
  ];
}
