import { count, seconds } from './format.ts';
import type { Terminal } from './terminal.ts';
import type { VerificationView, DemoStatus } from '../status/poll-status.ts';

/** One change of the mode, in real time since the demo began and in simulated time. */
export interface ModeChange {
  readonly atMs: number;
  readonly simulated: string;
  readonly mode: string;
  readonly readPercent: number;
  readonly epoch: number;
}

export interface PhaseSpan {
  readonly phase: string;
  /** A migration that is started anew after a recovery is another run, and enters its phases again. */
  readonly run: string;
  readonly status: string;
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly simulatedStart: string;
  readonly simulatedEnd: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Verification as measured from outside: simulated clocks say nothing about speed. */
export interface Night {
  readonly run: string;
  readonly kind: string;
  readonly clean: boolean;
  readonly rowsCompared: number;
  readonly mismatches: number;
  readonly unverified: number;
}

/** Says what changed between two looks, and keeps it for the report. */
export interface ProgressLog {
  update(view: DemoStatus): void;
  readonly timeline: readonly ModeChange[];
  phases(): readonly PhaseSpan[];
}

const FINAL = new Set(['done', 'skipped', 'failed']);

export function createProgressLog(terminal: Terminal, elapsed: () => number, simulated: () => Date): ProgressLog {
  const timeline: ModeChange[] = [];
  const spans = new Map<string, PhaseSpan>();
  const told = new Set<string>();
  const once = (key: string, tell: () => void): void => {
    if (told.has(key)) return;
    told.add(key);
    tell();
  };
  let enteredMode = elapsed();

  const seeMode = ({ mode }: DemoStatus): void => {
    if (mode === null || timeline.at(-1)?.epoch === mode.epoch) return;
    const change = {
      atMs: elapsed(),
      simulated: simulated().toISOString(),
      mode: mode.mode,
      readPercent: mode.readPercent,
      epoch: mode.epoch,
    };
    const before = timeline.at(-1);
    timeline.push(change);
    const after = before === undefined ? '' : ` (after ${seconds(change.atMs - enteredMode)} in ${nameOf(before)})`;
    enteredMode = change.atMs;
    terminal.say('mode', `${nameOf(change)}${after}`);
  };

  const seePhases = ({ phases }: DemoStatus): void => {
    for (const { phase, run, status, startedAt, endedAt, detail } of phases) {
      const key = `${run} ${phase}`;
      const before = spans.get(key);
      const ended = FINAL.has(status);
      const from = before === undefined || (before.toMs !== null && !ended) ? elapsed() : before.fromMs;
      const to = ended ? (before?.toMs ?? elapsed()) : null;
      spans.set(key, {
        phase,
        run,
        status,
        fromMs: from,
        toMs: to,
        simulatedStart: startedAt,
        simulatedEnd: endedAt,
        detail,
      });
      if (before?.status === status) continue;
      terminal.say('phase', `${phase}: ${status}${to === null ? '' : ` after ${seconds(to - from)}`}`);
    }
  };

  return {
    timeline,
    phases: () => [...spans.values()],
    update(view) {
      seePhases(view);
      seeMode(view);
      for (const verification of view.verifications) {
        once(`verification ${verification.run}`, () => terminal.say('verified', describe(verification)));
      }
      for (const gate of view.gates) {
        once(`gate ${gate.gate} ${gate.evidenceHash}`, () => terminal.say('gate', `${gate.gate} waits for a decision`));
      }
      for (const { run, cause, status, error, message } of view.recoveries) {
        once(`recovery ${run} ${error} ${status}`, () =>
          terminal.say(
            'recovery',
            status === 'open' ? `${cause}, because of ${error}: ${message}` : `${cause}: closed`,
          ),
        );
      }
    },
  };
}

export function nameOf(mode: { readonly mode: string; readonly readPercent: number }): string {
  return mode.mode === 'reads' ? `reads ${mode.readPercent} %` : mode.mode;
}

function describe(verification: VerificationView): string {
  const rows = `${count(verification.rowsCompared)} rows`;
  const verdict = verification.clean
    ? '0 mismatches, 0 unverified'
    : `${count(verification.mismatches)} mismatches, ${count(verification.unverified)} unverified`;
  return `${verification.kind} ${verification.startedAt.slice(0, 10)}: ${rows}, ${verdict}`;
}
