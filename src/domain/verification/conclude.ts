import { createDigest } from './digest.ts';
import { emptyTally, type PartResult, type Tally, type VerificationPlan, type VerificationSummary } from './record.ts';

/**
 * The verdict of a run from the results of all its parts. An entity whose source has rows of which none was compared is
 * unverified, however few they are: a percentage over all entities would hide it (RACE 33).
 */
export function conclude(
  plan: VerificationPlan,
  entities: readonly string[],
  parts: readonly PartResult[],
  finishedAt: string,
  details: string,
): VerificationSummary {
  const tallies: Record<string, Tally & { verdict: 'match' | 'mismatch' | 'unverified' }> = {};
  for (const entity of [...entities, ...strangers(entities, parts)]) {
    const sum = parts.reduce((total, part) => addTallies(total, part.entities[entity] ?? emptyTally), emptyTally);
    const compared = sum.matched + sum.mismatched;
    const blind = compared === 0 && sum.source > 0 && sum.missing === 0;
    const tally = blind ? { ...sum, unverified: Math.max(sum.unverified, sum.source) } : sum;
    const damaged = tally.mismatched + tally.missing + tally.extra > 0;
    tallies[entity] = { ...tally, verdict: damaged ? 'mismatch' : tally.unverified > 0 ? 'unverified' : 'match' };
  }
  const total = Object.values(tallies).reduce(addTallies, emptyTally);
  const mismatches = total.mismatched + total.missing + total.extra;
  const rowsCompared = total.matched + total.mismatched + total.missing + total.extra;
  return {
    run: plan.run,
    kind: plan.kind,
    startedAt: plan.startedAt,
    finishedAt,
    seconds: Math.max(0, (Date.parse(finishedAt) - Date.parse(plan.startedAt)) / 1000),
    generation: plan.generation,
    clean: mismatches === 0 && total.unverified === 0,
    rowsCompared,
    mismatches,
    unverified: total.unverified,
    mismatchPercent: rowsCompared === 0 ? 0 : (mismatches / rowsCompared) * 100,
    entities: tallies,
    digests: mergeDigests(parts),
    largestItemBytes: Math.max(0, ...parts.map((part) => part.largestItemBytes)),
    itemsOverAlarm: parts.reduce((sum, part) => sum + part.itemsOverAlarm, 0),
    rcu: parts.reduce((sum, part) => sum + part.rcu, 0),
    details,
  };
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

/** Items of entities that the plan does not know count as well. */
function strangers(entities: readonly string[], parts: readonly PartResult[]): readonly string[] {
  return [...new Set(parts.flatMap((part) => Object.keys(part.entities)))].filter((name) => !entities.includes(name));
}

function mergeDigests(parts: readonly PartResult[]): Readonly<Record<string, string>> {
  const digests = new Map<string, ReturnType<typeof createDigest>>();
  for (const part of parts)
    for (const [entity, digest] of Object.entries(part.digests)) {
      const whole = digests.get(entity) ?? createDigest();
      whole.addHex(digest);
      digests.set(entity, whole);
    }
  return Object.fromEntries([...digests].map(([entity, digest]) => [entity, digest.hex()]));
}
