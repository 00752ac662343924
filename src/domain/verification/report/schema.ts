import * as z from 'zod';
import { CAPTURE_STATES } from '../../ports/source-state.ts';
import { MISMATCH_KINDS } from '../compare/finding.ts';
import { scope, type Scope } from './scope.ts';

/** Why a verification runs; `final` and `gate` are evidence, `nightly` counts towards the window. */
export const verificationKind = z.enum(['nightly', 'gate', 'final', 'on-demand']);
export type VerificationKind = z.infer<typeof verificationKind>;

const count = z.number().int().nonnegative();

/** What a segment or a range counted for one entity. */
const tally = z.object({
  /** Rows that the pass over the source's key ranges read. */
  source: count,
  /** Live items that the scan found. */
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

const mismatchKind = z.enum(MISMATCH_KINDS);

export const findingSchema = z.object({
  entity: z.string().nullable(),
  identity: z.array(z.string()).readonly().nullable(),
  key: z.object({ PK: z.string(), SK: z.string() }).nullable(),
  damage: mismatchKind,
  differences: z
    .array(z.object({ field: z.string(), damage: mismatchKind, source: z.string(), target: z.string() }))
    .readonly(),
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

/** What one scan segment or one key range found. Kept as a document, because there can be many findings. */
export const partResult = z.object({
  entities: z.record(z.string(), tally),
  mismatches: z.array(findingSchema),
  unverified: z.array(findingSchema),
  /** Number of findings beyond those listed. */
  unlisted: count,
  digests: z.record(z.string(), z.string()),
  largestItemBytes: count,
  itemsOverAlarm: count,
  rcu: z.number(),
});
export type PartResult = z.infer<typeof partResult>;

/** The findings of a run, up to a limit. */
export const detailsDocument = z.object({
  mismatches: z.array(findingSchema),
  unverified: z.array(findingSchema),
  unlisted: count,
});

const keyRange = z.object({
  after: z.array(z.string()).readonly().nullable(),
  upTo: z.array(z.string()).readonly().nullable(),
});

/** How far the rows of a run were counted, by entity. */
export const rowWalks = z.record(
  z.string(),
  z.object({
    after: z.array(z.string()).readonly().nullable(),
    rows: count,
    every: count,
    marks: z.array(z.array(z.string()).readonly()).readonly(),
    done: z.boolean(),
  }),
);

const leafState = z.object({ columns: z.string(), storage: z.string(), capture: z.enum(CAPTURE_STATES) });

/** The parts that a run is made of, fixed at its start, so that a rerun of any part does the same work. */
export const verificationPlan = z.object({
  run: z.string(),
  kind: verificationKind,
  startedAt: z.string(),
  generation: z.number().int(),
  fingerprint: z.string(),
  scope,
  /** Rewrite stable mismatches once the run is finished. */
  repair: z.boolean(),
  /** Show the values that differ instead of their hashes. */
  showValues: z.boolean(),
  /** Scan segments of the whole table, and those that this run reads. */
  segments: z.number().int().positive(),
  chosen: z.array(count),
  ranges: z.array(z.object({ entity: z.string(), range: keyRange })),
  /** Number of documents of the bucket's listing. */
  bodyLists: count,
  /** The last finished full run: its proven bodies and the first-seen times of its findings are reused. */
  previous: z.object({ run: z.string(), segments: z.array(count) }).nullable(),
  source: z.record(z.string(), leafState),
  planHash: z.string(),
  /** Changes that capture had missed when the run began: a clean run proves their rows. */
  missed: z.array(count),
});
export type VerificationPlan = z.infer<typeof verificationPlan>;

/** A row by entity and identity, as reports and acceptances name it. */
export interface NamedRow {
  readonly entity: string;
  readonly identity: readonly string[];
}

/** A finding without its values. */
export interface FindingSummary {
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
  /** A full run without mismatches, in which every unverified row was accepted by name. Gates require it. */
  readonly clean: boolean;
  readonly rowsCompared: number;
  readonly mismatches: number;
  readonly unverified: number;
  readonly mismatchPercent: number;
  readonly entities: Readonly<Record<string, Tally & { readonly verdict: 'match' | 'mismatch' | 'unverified' }>>;
  /** Number of listed mismatches by kind. */
  readonly damages: Readonly<Record<string, number>>;
  /** The first mismatches. */
  readonly examples: readonly FindingSummary[];
  /** Rows that kept changing during the run, as far as they have names; and those of them that were accepted, by whom and why. */
  readonly unstable: readonly NamedRow[];
  readonly accepted: readonly (NamedRow & { readonly by: string; readonly reason: string })[];
  /** One digest per entity over the compared content; equal content gives equal digests. */
  readonly digests: Readonly<Record<string, string>>;
  readonly largestItemBytes: number;
  readonly itemsOverAlarm: number;
  readonly rcu: number;
  /** Segments that were read: a later run finds their documents by these numbers. */
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
  walks: (run: string) => `documents/verification/${run}/walks.json`,
  bodies: (run: string, at: number) => `documents/verification/${run}/bodies/${at}`,
  proven: (run: string, segment: number) => `documents/verification/${run}/proven/${segment}`,
  segment: (run: string, segment: number) => `documents/verification/${run}/segments/${segment}.json`,
  scannedRows: (run: string, segment: number, entity: string) =>
    `documents/verification/${run}/seen/${segment}/${entity}`,
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
