import type { RowDigests } from '../../ports/row-digests.ts';
import type { Changelog } from '../../ports/source.ts';
import type { IntentReader } from '../../ports/table.ts';
import { writerOfItem } from '../../mapping/items/read-system-attributes.ts';
import { createProver } from '../bodies/body-inventory.ts';
import type { Candidate } from './candidate.ts';
import { rowDigest } from '../compare/row-digest.ts';
import { type VerificationFinding, mostSevere } from '../compare/finding.ts';
import { type InFlight, readInFlight } from './in-flight.ts';
import type { CompareOptions } from '../compare/check-item.ts';
import type { PartReport } from '../report/part-report.ts';
import { pollUntilStable, type Polled } from './poll-until-stable.ts';
import { type MonotonicClock } from '../../ports/clock.ts';
import { type Reread, type RereadPorts, rereadCandidates } from './reread.ts';

export interface RecheckPorts extends Omit<RereadPorts, 'prove'> {
  readonly rowDigests: RowDigests;
  readonly changelog: Changelog;
  readonly intents: IntentReader;
  readonly time: MonotonicClock;
}

export interface RecheckOptions extends CompareOptions {
  /** Milliseconds a difference must persist: longer than any write in flight (T). */
  readonly stableMs: number;
  /** Milliseconds after which a row that keeps changing is reported as unverified. */
  readonly stabilityTimeoutMs: number;
  /** When the part began (ISO), by the run's clock. */
  readonly now: string;
}

/** Rechecks the candidates of a part in batches, so that a table full of mismatches takes no more memory than a clean one. */
export interface Recheck {
  add(candidates: readonly Candidate[]): Promise<void>;
  end(): Promise<void>;
}

const BATCH = 2000;
/** Timeouts that all batches of a part may spend together on rows that keep changing; after that each batch gets the minimum. */
const TIMEOUTS_PER_PART = 4;

/**
 * Reads candidates again with strong reads until each is cleared, stable or unstable, and adds the results to the part. `onProven` is told
 * of each valid body.
 */
export function createRecheck(
  ports: RecheckPorts,
  limits: RecheckOptions,
  part: PartReport,
  onProven?: (sha256: string, fingerprint: string) => void,
): Recheck {
  const started = ports.time.monotonic();
  const rereadPorts: RereadPorts = { ...ports, prove: createProver(ports.bodies, onProven) };
  let open: Candidate[] = [];
  let timeoutLeft = limits.stabilityTimeoutMs * TIMEOUTS_PER_PART;
  const run = async (batch: readonly Candidate[]): Promise<void> => {
    const batchStarted = ports.time.monotonic();
    const stabilityTimeoutMs = Math.min(limits.stabilityTimeoutMs, Math.max(2 * limits.stableMs, timeoutLeft));
    let rounds = 0;
    const observe = async (candidates: readonly Candidate[]) => {
      // The first read clears most candidates; only for the rest it is worth reading which writes are in flight.
      const inFlight = rounds++ > 0 ? await readInFlight(ports.changelog, ports.intents) : null;
      const rereads = await rereadCandidates(rereadPorts, limits, candidates);
      return rereads.map((result, at) => ({
        result,
        signature: signatureOf(result, candidates[at], inFlight, rounds),
      }));
    };
    for (const polled of await pollUntilStable(batch, observe, ports.time, {
      stableMs: limits.stableMs,
      stabilityTimeoutMs,
    })) {
      const { candidate, result, outcome } = polled;
      if (outcome !== 'cleared') {
        const finding = findingOf(polled, Date.parse(limits.now) - started);
        if (outcome === 'stable') part.mismatch(finding);
        else part.unverified(finding);
      } else if (result.matched !== null && result.entity !== null && !(candidate.kind === 'row' && candidate.scanned))
        part.matched(result.entity.name, rowDigest(result.entity, result.matched));
    }
    timeoutLeft -= ports.time.monotonic() - batchStarted;
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

/** Differences on rows with writes in flight get a unique signature, so that they never count as stable. */
function signatureOf(
  result: Reread,
  candidate: Candidate | undefined,
  inFlight: InFlight | null,
  rounds: number,
): string | null {
  if (result.differences.length === 0) return null;
  const identity = result.row?.identity ?? candidate?.identity ?? null;
  const isInFlight =
    inFlight !== null &&
    ((result.entity !== null && identity !== null && inFlight.row(result.entity.table, identity)) ||
      (result.key !== null && inFlight.item(result.key)));
  return JSON.stringify([
    result.differences,
    result.item?.['_v'] ?? null,
    result.item?.['_t'] ?? null,
    result.row?.seq ?? null,
    isInFlight ? rounds : null,
  ]);
}

/** `offset` converts monotonic time to the run's time. */
function findingOf(
  { candidate, result, observedMs, lastMs }: Polled<Candidate, Reread>,
  offset: number,
): VerificationFinding {
  const [version, stamp] = [result.item?.['_v'], result.item?.['_at']];
  const at = stamp !== undefined && 'S' in stamp ? stamp.S : null;
  const last = lastMs + offset;
  const age = at === null ? Number.NaN : (last - Date.parse(at)) / 1000;
  return {
    entity: result.entity?.name ?? candidate.entity,
    identity: result.row?.identity ?? candidate.identity,
    key: result.key,
    damage: mostSevere(result.differences) ?? 'value',
    differences: result.differences,
    version: version !== undefined && 'N' in version ? Number(version.N) : null,
    at,
    seq: result.row?.seq ?? null,
    txn: writerOfItem(result.item ?? undefined),
    ageSeconds: Number.isNaN(age) ? null : Math.round(age),
    firstSeen: new Date(last - observedMs).toISOString(),
    lastSeen: new Date(last).toISOString(),
    observedMs: Math.round(observedMs),
    kind: candidate.kind,
  };
}
