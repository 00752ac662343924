import { createDigest, type ContentDigest } from '../compare/row-digest.ts';
import type { VerificationFinding } from '../compare/finding.ts';
import { emptyTally, type PartResult, type Tally } from './schema.ts';

// Keeps the report readable when every row of the table is wrong.
const MAX_LISTED = 2000;

/** Adds up one part of a run: a scan segment or a key range. */
export interface PartReport {
  source(entity: string, rows: number): void;
  item(entity: string): void;
  size(bytes: number): void;
  rcu(units: number): void;
  /** Counts a row that matches, by its `rowDigest`. */
  matched(entity: string, row: string): void;
  mismatch(finding: VerificationFinding): void;
  unverified(finding: VerificationFinding): void;
  result(): PartResult;
}

/** Entity name for items whose entity is absent or not in the plan. */
export const UNKNOWN_ENTITY = '(unknown)';

/** Items above `alarmBytes` are counted separately, because DynamoDB refuses items above 400 KB. */
export function createPartReport(alarmBytes: number): PartReport {
  const tallies = new Map<string, { -readonly [K in keyof Tally]: Tally[K] }>();
  const digests = new Map<string, ContentDigest>();
  const mismatches: VerificationFinding[] = [];
  const unverified: VerificationFinding[] = [];
  let [unlisted, largestItemBytes, itemsOverAlarm, rcu] = [0, 0, 0, 0];
  const tally = (entity: string): { -readonly [K in keyof Tally]: Tally[K] } => {
    const found = tallies.get(entity) ?? { ...emptyTally };
    tallies.set(entity, found);
    return found;
  };
  const list = (findings: VerificationFinding[], finding: VerificationFinding): void => {
    if (findings.length < MAX_LISTED) findings.push(finding);
    else unlisted++;
  };
  return {
    source: (entity, rows) => {
      tally(entity).source += rows;
    },
    item: (entity) => {
      tally(entity).items++;
    },
    size: (bytes) => {
      largestItemBytes = Math.max(largestItemBytes, bytes);
      if (bytes > alarmBytes) itemsOverAlarm++;
    },
    rcu: (units) => {
      rcu += units;
    },
    matched: (entity, row) => {
      tally(entity).matched++;
      const digest = digests.get(entity) ?? createDigest();
      digest.add(row);
      digests.set(entity, digest);
    },
    mismatch: (finding) => {
      const { damage } = finding;
      tally(finding.entity ?? UNKNOWN_ENTITY)[damage === 'missing' || damage === 'extra' ? damage : 'mismatched']++;
      list(mismatches, finding);
    },
    unverified: (finding) => {
      tally(finding.entity ?? UNKNOWN_ENTITY).unverified++;
      list(unverified, finding);
    },
    result: () => ({
      entities: Object.fromEntries(tallies),
      mismatches,
      unverified,
      unlisted,
      digests: Object.fromEntries([...digests].map(([entity, digest]) => [entity, digest.hex()])),
      largestItemBytes,
      itemsOverAlarm,
      rcu,
    }),
  };
}
