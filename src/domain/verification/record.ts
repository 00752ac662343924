import { z } from 'zod';
import { DAMAGES } from './finding.ts';

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

const damage = z.enum(DAMAGES);

export const finding = z.object({
  entity: z.string().nullable(),
  identity: z.array(z.string()).readonly().nullable(),
  key: z.object({ PK: z.string(), SK: z.string() }).nullable(),
  damage,
  differences: z.array(z.object({ field: z.string(), damage, source: z.string(), target: z.string() })).readonly(),
  version: z.number().nullable(),
  at: z.string().nullable(),
  seq: z.number().nullable(),
  observedMs: z.number(),
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

const keyRange = z.object({
  after: z.array(z.string()).readonly().nullable(),
  upTo: z.array(z.string()).readonly().nullable(),
});

/** The parts that a run is made of, fixed at its start, so that a rerun of any part does the same work. */
export const verificationPlan = z.object({
  run: z.string(),
  kind: verificationKind,
  startedAt: z.string(),
  generation: z.number().int(),
  fingerprint: z.string(),
  segments: z.number().int().positive(),
  ranges: z.array(z.object({ entity: z.string(), range: keyRange })),
});
export type VerificationPlan = z.infer<typeof verificationPlan>;

/** The verdict of a run: control record kind VERIFICATION, and the output of the verify machine. */
export interface VerificationSummary {
  readonly run: string;
  readonly kind: VerificationKind;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly seconds: number;
  readonly generation: number;
  readonly clean: boolean;
  readonly rowsCompared: number;
  readonly mismatches: number;
  readonly unverified: number;
  readonly mismatchPercent: number;
  readonly entities: Readonly<Record<string, Tally & { readonly verdict: 'match' | 'mismatch' | 'unverified' }>>;
  /** One digest per entity over the compared content; equal content gives equal digests. */
  readonly digests: Readonly<Record<string, string>>;
  readonly largestItemBytes: number;
  readonly itemsOverAlarm: number;
  readonly rcu: number;
  /** Document with the findings. */
  readonly details: string;
}

/** Control record kind of the summaries; the id is the run. */
export const VERIFICATION = 'VERIFICATION';

/** Where a run keeps its documents. */
export const documentKey = {
  plan: (run: string) => `documents/verification/${run}/plan.json`,
  bodies: (run: string) => `documents/verification/${run}/bodies`,
  segment: (run: string, segment: number) => `documents/verification/${run}/segments/${segment}.json`,
  seen: (run: string, segment: number, entity: string) => `documents/verification/${run}/seen/${segment}/${entity}`,
  range: (run: string, range: number) => `documents/verification/${run}/ranges/${range}.json`,
  details: (run: string) => `documents/verification/${run}/details.json`,
};
