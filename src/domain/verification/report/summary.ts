import { type Acceptance, rowName } from './acceptance.ts';
import { createDigest } from '../compare/row-digest.ts';
import type { Finding } from '../compare/finding.ts';
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

/** Adds up the parts of a run, one after the other: what it keeps grows with the findings, up to a limit, not with the table. */
export interface SummaryBuilder {
  add(part: PartResult): void;
  summary(finishedAt: string, details: string, accepted: ReadonlyMap<string, Acceptance>): VerificationSummary;
  /** The findings to show. */
  findings(): { readonly mismatches: readonly Finding[]; readonly unverified: readonly Finding[]; unlisted: number };
}

/** Findings that a report shows; the documents of the parts have more. */
const SHOWN = 2000;
/** Findings that a summary names: enough for a person to begin with. */
const EXAMPLES = 20;
/** Rows that a summary names: what never stands still is a handful, or something is wrong. */
const NAMED = 100;

/**
 * The verdict of a run from the results of all its parts. An entity whose source has rows of which none was compared is
 * unverified, however few they are: a percentage over all entities would hide it (RACE 33).
 */
export function createSummary(plan: VerificationPlan, entities: readonly string[]): SummaryBuilder {
  const tallies = new Map<string, Tally>(
    entities.filter((name) => covers(plan.scope, name)).map((name) => [name, emptyTally]),
  );
  const digests = new Map<string, ReturnType<typeof createDigest>>();
  const mismatches: Finding[] = [];
  const unverified: Finding[] = [];
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
      const unkept = [...keep(mismatches, part.mismatches), ...keep(unverified, part.unverified)];
      unlisted += part.unlisted + unkept.length;
      largestItemBytes = Math.max(largestItemBytes, part.largestItemBytes);
      itemsOverAlarm += part.itemsOverAlarm;
      rcu += part.rcu;
    },
    summary: (finishedAt, details, acceptances) => {
      const judged = Object.fromEntries([...tallies].map(([name, tally]) => [name, judge(tally)]));
      const total = Object.values(judged).reduce(addTallies, emptyTally);
      const damaged = total.mismatched + total.missing + total.extra;
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
        clean: isFull(plan.scope) && damaged === 0 && total.unverified === accepted.length,
        rowsCompared,
        mismatches: damaged,
        unverified: total.unverified,
        mismatchPercent: rowsCompared === 0 ? 0 : (damaged / rowsCompared) * 100,
        entities: judged,
        damages: countDamages(named),
        examples: named.slice(0, EXAMPLES).map(({ entity, identity, damage, differences }) => ({
          entity,
          identity,
          damage,
          fields: [...new Set(differences.map(({ field }) => field))],
        })),
        unstable: unstable.slice(0, NAMED),
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

function judge(sum: Tally): VerificationSummary['entities'][string] {
  const compared = sum.matched + sum.mismatched;
  const blind = compared === 0 && sum.source > 0 && sum.missing === 0;
  const tally = blind ? { ...sum, unverified: Math.max(sum.unverified, sum.source) } : sum;
  const damaged = tally.mismatched + tally.missing + tally.extra > 0;
  return { ...tally, verdict: damaged ? 'mismatch' : tally.unverified > 0 ? 'unverified' : 'match' };
}

/** Keeps what there is room for; answers what there was none for. */
function keep(kept: Finding[], more: readonly Finding[]): readonly Finding[] {
  const room = Math.max(0, SHOWN - kept.length);
  kept.push(...more.slice(0, room));
  return more.slice(room);
}

function countDamages(findings: readonly Finding[]): Readonly<Record<string, number>> {
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
