import { type Acceptance, rowName } from './acceptance.ts';
import { createDigest } from '../compare/row-digest.ts';
import type { VerificationFinding } from '../compare/finding.ts';
import {
  emptyTally,
  type NamedRow,
  type PartResult,
  type Tally,
  type VerificationPlan,
  type VerificationSummary,
} from './schema.ts';
import { covers, isFull } from './scope.ts';
import { markSwappedRows } from './swapped-rows.ts';

/** Adds up the parts of a run. Its memory grows with the findings, up to a limit, not with the table. */
export interface SummaryBuilder {
  add(part: PartResult): void;
  summary(finishedAt: string, details: string, accepted: ReadonlyMap<string, Acceptance>): VerificationSummary;
  /** The findings that the report lists. */
  findings(): {
    readonly mismatches: readonly VerificationFinding[];
    readonly unverified: readonly VerificationFinding[];
    unlisted: number;
  };
}

/** Findings that a report lists; the documents of the parts have more. */
const MAX_FINDINGS = 2000;
/** Mismatches that a summary names: enough for an operator to begin with. */
const MAX_EXAMPLES = 20;
/** Unstable rows that a summary names: normally there are a handful. */
const MAX_NAMED_ROWS = 100;

/**
 * The verdict of a run from the results of all its parts. An entity that has source rows, none of which was compared, counts as
 * unverified, however few rows it has: a percentage over all entities would hide it (RACE-33).
 */
export function createSummary(plan: VerificationPlan, entities: readonly string[]): SummaryBuilder {
  const tallies = new Map<string, Tally>(
    entities.filter((name) => covers(plan.scope, name)).map((name) => [name, emptyTally]),
  );
  const digests = new Map<string, ReturnType<typeof createDigest>>();
  const mismatches: VerificationFinding[] = [];
  const unverified: VerificationFinding[] = [];
  let [unlisted, largestItemBytes, itemsOverAlarm, rcu] = [0, 0, 0, 0];
  return {
    add: (part) => {
      // Items of entities that the plan does not know count as well.
      for (const [name, tally] of Object.entries(part.entities))
        tallies.set(name, addTallies(tallies.get(name) ?? emptyTally, tally));
      for (const [entity, digest] of Object.entries(part.digests)) {
        const whole = digests.get(entity) ?? createDigest();
        whole.add(digest);
        digests.set(entity, whole);
      }
      const overflow = [...keepUpToLimit(mismatches, part.mismatches), ...keepUpToLimit(unverified, part.unverified)];
      unlisted += part.unlisted + overflow.length;
      largestItemBytes = Math.max(largestItemBytes, part.largestItemBytes);
      itemsOverAlarm += part.itemsOverAlarm;
      rcu += part.rcu;
    },
    summary: (finishedAt, details, acceptances) => {
      const verdicts = Object.fromEntries([...tallies].map(([name, tally]) => [name, withVerdict(tally)]));
      const total = Object.values(verdicts).reduce(addTallies, emptyTally);
      const mismatchCount = total.mismatched + total.missing + total.extra;
      const named = markSwappedRows(mismatches);
      const rowsCompared = total.matched + total.mismatched + total.missing + total.extra;
      const unstable = unverified.flatMap(({ entity, identity }): NamedRow[] =>
        entity === null || identity === null ? [] : [{ entity, identity }],
      );
      const accepted = unstable.flatMap(({ entity, identity }) => {
        const found = acceptances.get(rowName(entity, identity));
        return found === undefined ? [] : [{ entity, identity, by: found.by, reason: found.reason }];
      });
      return {
        run: plan.run,
        kind: plan.kind,
        startedAt: plan.startedAt,
        finishedAt,
        seconds: Math.max(0, (Date.parse(finishedAt) - Date.parse(plan.startedAt)) / 1000),
        generation: plan.generation,
        scope: plan.scope,
        clean: isFull(plan.scope) && mismatchCount === 0 && total.unverified === accepted.length,
        rowsCompared,
        mismatches: mismatchCount,
        unverified: total.unverified,
        mismatchPercent: rowsCompared === 0 ? 0 : (mismatchCount / rowsCompared) * 100,
        entities: verdicts,
        damages: countByKind(named),
        examples: named.slice(0, MAX_EXAMPLES).map(({ entity, identity, damage, differences }) => ({
          entity,
          identity,
          damage,
          fields: [...new Set(differences.map(({ field }) => field))],
        })),
        unstable: unstable.slice(0, MAX_NAMED_ROWS),
        accepted,
        digests: Object.fromEntries([...digests].map(([entity, digest]) => [entity, digest.hex()])),
        largestItemBytes,
        itemsOverAlarm,
        rcu,
        segments: plan.chosen,
        repair: plan.repair,
        details,
      };
    },
    findings: () => ({ mismatches: markSwappedRows(mismatches), unverified, unlisted }),
  };
}

function withVerdict(sum: Tally): VerificationSummary['entities'][string] {
  const compared = sum.matched + sum.mismatched;
  const nothingCompared = compared === 0 && sum.source > 0 && sum.missing === 0;
  const tally = nothingCompared ? { ...sum, unverified: Math.max(sum.unverified, sum.source) } : sum;
  const differs = tally.mismatched + tally.missing + tally.extra > 0;
  return { ...tally, verdict: differs ? 'mismatch' : tally.unverified > 0 ? 'unverified' : 'match' };
}

/** Keeps findings up to the limit; returns the others. */
function keepUpToLimit(
  kept: VerificationFinding[],
  more: readonly VerificationFinding[],
): readonly VerificationFinding[] {
  const room = Math.max(0, MAX_FINDINGS - kept.length);
  kept.push(...more.slice(0, room));
  return more.slice(room);
}

function countByKind(findings: readonly VerificationFinding[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { damage } of findings) counts.set(damage, (counts.get(damage) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function addTallies(left: Tally, right: Tally): Tally {
  return {
    source: left.source + right.source,
    items: left.items + right.items,
    matched: left.matched + right.matched,
    mismatched: left.mismatched + right.mismatched,
    missing: left.missing + right.missing,
    extra: left.extra + right.extra,
    unverified: left.unverified + right.unverified,
  };
}
