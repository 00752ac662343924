import type { Changelog } from '../ports/source.ts';
import type { Intents } from '../ports/table.ts';
import type { Candidate } from './candidate.ts';
import { type Finding, worst } from './finding.ts';
import { type InFlight, readInFlight } from './in-flight.ts';
import { columnsOf } from './judge.ts';
import type { Part } from './part.ts';
import { type Patience, settle } from './settle.ts';
import { type Sight, type SightPorts, sightsOf } from './sight.ts';

export interface RecheckPorts extends SightPorts {
  readonly changelog: Changelog;
  readonly intents: Intents;
  readonly time: Patience;
}

export interface RecheckLimits {
  /** Attribute names that make index keys. */
  readonly indexKeys: ReadonlySet<string>;
  /** Longer than any write in flight (T). */
  readonly stableMs: number;
  /** When a row that never stands still is given up as unverified. */
  readonly patienceMs: number;
}

/** Looks at candidates again, with strong reads, until each is cleared or judged for good, and adds them to the part. */
export async function recheck(
  ports: RecheckPorts,
  limits: RecheckLimits,
  candidates: readonly Candidate[],
  part: Part,
): Promise<void> {
  let looks = 0;
  const look = async (open: readonly Candidate[]) => {
    // The first look clears most; only what is left is worth asking who may still be writing it.
    const flight = looks++ > 0 ? await readInFlight(ports.changelog, ports.intents) : null;
    const sights = await sightsOf(ports, limits.indexKeys, open);
    return sights.map((seen, at) => ({ seen, signature: signatureOf(seen, open[at], flight, looks) }));
  };
  for (const { candidate, seen, outcome, observedMs } of await settle(candidates, look, ports.time, limits)) {
    if (outcome !== 'cleared') {
      const finding = findingOf(candidate, seen, observedMs);
      if (outcome === 'stable') part.mismatch(finding);
      else part.unverified(finding);
    } else if (seen.matched !== null && seen.entity !== null && !(candidate.kind === 'row' && candidate.met))
      part.matched(seen.entity.name, columnsOf(seen.entity), seen.matched);
  }
}

/** A difference that a write on its way explains never looks the same twice, so that it cannot become stable. */
function signatureOf(
  seen: Sight,
  candidate: Candidate | undefined,
  flight: InFlight | null,
  looks: number,
): string | null {
  if (seen.differences.length === 0) return null;
  const identity = seen.row?.identity ?? candidate?.identity ?? null;
  const moving =
    flight !== null &&
    ((seen.entity !== null && identity !== null && flight.row(seen.entity.table, identity)) ||
      (seen.key !== null && flight.item(seen.key)));
  return JSON.stringify([
    seen.differences,
    seen.item?.['_v'] ?? null,
    seen.item?.['_t'] ?? null,
    seen.row?.seq ?? null,
    moving ? looks : null,
  ]);
}

function findingOf(candidate: Candidate, seen: Sight, observedMs: number): Finding {
  const [version, at] = [seen.item?.['_v'], seen.item?.['_at']];
  return {
    entity: seen.entity?.name ?? candidate.entity,
    identity: seen.row?.identity ?? candidate.identity,
    key: seen.key,
    damage: worst(seen.differences) ?? 'value',
    differences: seen.differences,
    version: version !== undefined && 'N' in version ? Number(version.N) : null,
    at: at !== undefined && 'S' in at ? at.S : null,
    seq: seen.row?.seq ?? null,
    observedMs: Math.round(observedMs),
  };
}
