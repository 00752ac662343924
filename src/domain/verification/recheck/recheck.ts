import type { RowDigests } from '../../ports/row-digests.ts';
import type { Changelog } from '../../ports/source.ts';
import type { Intents } from '../../ports/table.ts';
import { writerOfItem } from '../../mapping/items/system-attributes.ts';
import { createProver } from '../bodies/body-inventory.ts';
import type { Candidate } from './candidate.ts';
import { rowDigest } from '../compare/row-digest.ts';
import { type Finding, mostSevere } from '../compare/finding.ts';
import { type InFlight, readInFlight } from './in-flight.ts';
import type { CompareOptions } from '../compare/check-item.ts';
import type { PartReport } from '../report/part-report.ts';
import { pollUntilStable, type Polled } from './poll-until-stable.ts';
import { type MonotonicClock } from '../../ports/clock.ts';
import { type Reread, type RereadPorts, rereadCandidates } from './reread.ts';

export interface RecheckPorts extends Omit<RereadPorts, 'prove'> {
  readonly rowDigests: RowDigests;
  readonly changelog: Changelog;
  readonly intents: Intents;
  readonly time: MonotonicClock;
}

export interface RecheckOptions extends CompareOptions {
  /** Longer than any write in flight (T). */
  readonly stableMs: number;
  /** When a row that never stands still is given up as unverified. */
  readonly stabilityTimeoutMs: number;
  /** When the part began, by whatever clock the run goes by. */
  readonly now: string;
}

/** Candidates of a part, looked at again in batches, so that a wholly wrong table takes no more memory than a right one. */
export interface Recheck {
  add(candidates: readonly Candidate[]): Promise<void>;
  end(): Promise<void>;
}

const BATCH = 2000;
/** What a part may spend on waiting for rows that do not settle, batches together; beyond it each gets the least. */
const PATIENCE_PER_PART = 4;

/** Looks at candidates again, with strong reads, until each is cleared or judged for good, and adds them to the part. */
export function createRecheck(ports: RecheckPorts, limits: RecheckOptions, part: PartReport): Recheck {
  const started = ports.time.monotonic();
  const sightPorts: RereadPorts = { ...ports, prove: createProver(ports.bodies) };
  let open: Candidate[] = [];
  let patienceLeft = limits.stabilityTimeoutMs * PATIENCE_PER_PART;
  const run = async (batch: readonly Candidate[]): Promise<void> => {
    const begun = ports.time.monotonic();
    const stabilityTimeoutMs = Math.min(limits.stabilityTimeoutMs, Math.max(2 * limits.stableMs, patienceLeft));
    let looks = 0;
    const look = async (candidates: readonly Candidate[]) => {
      // The first look clears most; only what is left is worth asking who may still be writing it.
      const flight = looks++ > 0 ? await readInFlight(ports.changelog, ports.intents) : null;
      const sights = await rereadCandidates(sightPorts, limits, candidates);
      return sights.map((seen, at) => ({ seen, signature: signatureOf(seen, candidates[at], flight, looks) }));
    };
    for (const settled of await pollUntilStable(batch, look, ports.time, {
      stableMs: limits.stableMs,
      stabilityTimeoutMs,
    })) {
      const { candidate, seen, outcome } = settled;
      if (outcome !== 'cleared') {
        const finding = findingOf(settled, Date.parse(limits.now) - started);
        if (outcome === 'stable') part.mismatch(finding);
        else part.unverified(finding);
      } else if (seen.matched !== null && seen.entity !== null && !(candidate.kind === 'row' && candidate.met))
        part.matched(seen.entity.name, rowDigest(seen.entity, seen.matched));
    }
    patienceLeft -= ports.time.monotonic() - begun;
  };
  return {
    add: async (candidates) => {
      open.push(...candidates);
      while (open.length >= BATCH) {
        const batch = open.slice(0, BATCH);
        open = open.slice(BATCH);
        await run(batch);
      }
    },
    end: async () => {
      await run(open);
      open = [];
    },
  };
}

/** A difference that a write on its way explains never looks the same twice, so that it cannot become stable. */
function signatureOf(
  seen: Reread,
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

/** `offset` turns monotonic time into the run's. */
function findingOf({ candidate, seen, observedMs, lastMs }: Polled<Candidate, Reread>, offset: number): Finding {
  const [version, stamp] = [seen.item?.['_v'], seen.item?.['_at']];
  const at = stamp !== undefined && 'S' in stamp ? stamp.S : null;
  const last = lastMs + offset;
  const age = at === null ? Number.NaN : (last - Date.parse(at)) / 1000;
  return {
    entity: seen.entity?.name ?? candidate.entity,
    identity: seen.row?.identity ?? candidate.identity,
    key: seen.key,
    damage: mostSevere(seen.differences) ?? 'value',
    differences: seen.differences,
    version: version !== undefined && 'N' in version ? Number(version.N) : null,
    at,
    seq: seen.row?.seq ?? null,
    txn: writerOfItem(seen.item ?? undefined),
    ageSeconds: Number.isNaN(age) ? null : Math.round(age),
    firstSeen: new Date(last - observedMs).toISOString(),
    lastSeen: new Date(last).toISOString(),
    observedMs: Math.round(observedMs),
    kind: candidate.kind,
  };
}
