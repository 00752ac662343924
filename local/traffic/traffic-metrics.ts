import { percentile } from '../../src/domain/percentile.ts';

export type OperationKind = 'read' | 'write' | 'bypass' | 'sign-in';

/** Operations as the application saw them. */
export interface TrafficCounts {
  readonly operations: number;
  readonly ok: number;
  /** Failed after retries, or with an error that is not retryable. */
  readonly failed: number;
  /** Single tries that were repeated. */
  readonly retried: number;
  /** Writes of the bypassing login that PostgreSQL refused after it was locked out or fenced: the design's intent. */
  readonly lockedOut: number;
  /** Writes that break a rule of the database's own, such as a constraint: refused as they would be without a migration. */
  readonly refused: number;
  readonly signIns: number;
  readonly wrongPasswordsRefused: number;
  readonly wrongPasswordsAccepted: number;
  readonly readsBy: { readonly postgres: number; readonly dynamodb: number };
  /** Reads of a worker's own row that did not show its own last acknowledged write. */
  readonly staleReads: number;
  readonly shadowMismatches: number;
}

/** How often a pattern was asked, and how often both stores were asked and gave the same rows in the same order, or did not. */
export interface PatternCounts {
  readonly asked: number;
  readonly agreed: number;
  readonly differed: number;
}

export interface TrafficStats extends TrafficCounts {
  readonly latencyMs: Readonly<Partial<Record<OperationKind, { readonly p50: number; readonly p99: number }>>>;
  /** Of patterns that are compared by name. */
  readonly patterns: Readonly<Record<string, PatternCounts>>;
  /** Messages of failures by how often they came, the most frequent first. */
  readonly failures: readonly { readonly message: string; readonly count: number }[];
}

export interface TrafficMetrics {
  ok(kind: OperationKind, milliseconds: number): void;
  failed(kind: OperationKind, error: unknown): void;
  retried(): void;
  lockedOut(): void;
  refused(): void;
  wrongPassword(refused: boolean): void;
  staleRead(what: string): void;
  /** A pattern that is to be asked, by its name. */
  knows(pattern: string): void;
  asked(pattern: string): void;
  compared(pattern: string, difference: string | null): void;
  /** Metrics of the client as they pass by. */
  observed(name: string, value: number, dimensions: Readonly<Record<string, string>>): void;
  /** Counts so far: cheap, for looking at often. */
  counts(): TrafficCounts;
  stats(): TrafficStats;
}

const KEPT_FAILURES = 12;

/** `log` is told of each failure as it happens. */
export function createTrafficMetrics(log: (line: string) => void = () => undefined): TrafficMetrics {
  const latencies: Record<OperationKind, number[]> = { read: [], write: [], bypass: [], 'sign-in': [] };
  const failures = new Map<string, number>();
  const readsBy = { postgres: 0, dynamodb: 0 };
  let [ok, failed, retried, lockedOut, refused] = [0, 0, 0, 0, 0];
  let [wrongRefused, accepted, staleReads, shadowMismatches] = [0, 0, 0, 0];
  const patterns = new Map<string, PatternCounts>();
  const count = (name: string, what: keyof PatternCounts | null): void => {
    const known = patterns.get(name) ?? { asked: 0, agreed: 0, differed: 0 };
    patterns.set(name, what === null ? known : { ...known, [what]: known[what] + 1 });
  };
  const note = (message: string): void => {
    log(message);
    failures.set(message, (failures.get(message) ?? 0) + 1);
  };
  const counts = (): TrafficCounts => ({
    operations: ok + failed,
    ok,
    failed,
    retried,
    lockedOut,
    refused,
    signIns: latencies['sign-in'].length,
    wrongPasswordsRefused: wrongRefused,
    wrongPasswordsAccepted: accepted,
    readsBy: { ...readsBy },
    staleReads,
    shadowMismatches,
  });
  return {
    ok(kind, milliseconds) {
      ok += 1;
      latencies[kind].push(milliseconds);
    },
    failed(kind, error) {
      failed += 1;
      note(`${kind}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`.slice(0, 300));
    },
    retried() {
      retried += 1;
    },
    lockedOut() {
      lockedOut += 1;
    },
    refused() {
      refused += 1;
    },
    wrongPassword(wasRefused) {
      if (wasRefused) wrongRefused += 1;
      else accepted += 1;
    },
    staleRead(what) {
      staleReads += 1;
      note(`stale read: ${what}`.slice(0, 300));
    },
    knows: (pattern) => count(pattern, null),
    asked: (pattern) => count(pattern, 'asked'),
    compared(pattern, difference) {
      count(pattern, difference === null ? 'agreed' : 'differed');
      if (difference !== null) note(`answers differ: ${difference}`.slice(0, 300));
    },
    observed(name, value, dimensions) {
      if (name === 'Reads' && dimensions['Store'] === 'postgres') readsBy.postgres += value;
      if (name === 'Reads' && dimensions['Store'] === 'dynamodb') readsBy.dynamodb += value;
      if (name === 'ShadowMismatches') shadowMismatches += value;
    },
    counts,
    stats: () => ({
      ...counts(),
      latencyMs: {
        read: percentiles(latencies.read),
        write: percentiles(latencies.write),
        bypass: percentiles(latencies.bypass),
        'sign-in': percentiles(latencies['sign-in']),
      },
      patterns: Object.fromEntries(patterns),
      failures: [...failures]
        .map(([message, count]) => ({ message, count }))
        .sort((a, b) => b.count - a.count)
        .slice(0, KEPT_FAILURES),
    }),
  };
}

function percentiles(values: readonly number[]): { readonly p50: number; readonly p99: number } {
  const at = (share: number): number => Math.round((percentile(values, share) ?? 0) * 10) / 10;
  return { p50: at(0.5), p99: at(0.99) };
}
