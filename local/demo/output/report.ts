import type { StruckCalls } from '../../faults/injector.ts';
import type { TrafficReport } from '../../traffic/messages.ts';
import type { ModeChange, PhaseSpan } from './progress-log.ts';
import type { RecoveryView, VerificationView } from '../status/poll-status.ts';

export type DemoOutcome = 'completed' | 'rolled back' | 'broken';

export const EXIT_CODES: Readonly<Record<DemoOutcome, number>> = { completed: 0, 'rolled back': 2, broken: 1 };

/** The result of a demo, as `--report` writes it. Times in milliseconds of real time, unless they say simulated. */
export interface DemoReport {
  readonly result: DemoOutcome;
  readonly exitCode: number;
  /** Why it is broken; empty otherwise. */
  readonly reasons: readonly string[];
  readonly startedAt: string;
  readonly resumes: number;
  readonly data: { readonly seed: number; readonly scale: number; readonly rows: Readonly<Record<string, number>> };
  readonly durations: {
    readonly stackMs: number;
    readonly seedMs: number;
    readonly migrationMs: number;
    readonly ledgerCheckMs: number;
    readonly totalMs: number;
  };
  readonly phases: readonly (PhaseSpan & { readonly durationMs: number | null })[];
  /** Of the last verification: both sides' counts per entity. */
  readonly entities: VerificationView['entities'];
  readonly verification: {
    readonly runs: number;
    readonly clean: number;
    readonly mismatches: number;
    readonly unverified: number;
    readonly rowsPerSecond: number | null;
    readonly last: string | null;
  };
  readonly load: { readonly rows: number; readonly ms: number; readonly rowsPerSecond: number } | null;
  /** Calls that `--service-faults` broke, by service and fault. */
  readonly serviceFaults: StruckCalls;
  readonly traffic: TrafficReport | null;
  readonly cutover: { readonly timeline: readonly ModeChange[] };
  /** What the gate before deletion measured: the restored backup against the live database. */
  readonly restore: unknown;
  readonly recoveries: readonly RecoveryView[];
  readonly postgres: { readonly cluster: 'gone' | 'there'; readonly answers: boolean };
  readonly memoryPeakBytes: Readonly<Record<string, number>>;
}
