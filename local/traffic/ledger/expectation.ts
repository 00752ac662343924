import type { LedgerLine, LedgerWrite } from './ledger.ts';
import type { CanonicalRow } from './canonical-row.ts';

/** What may be found under one identity: null stands for "no such row". */
export interface Expectation {
  readonly entity: string;
  readonly id: string;
  readonly candidates: readonly Candidate[];
}

export interface Candidate {
  readonly row: CanonicalRow | null;
  /** Attempts in doubt that this candidate takes for done, and those it takes for not done. */
  readonly doubted: Readonly<Record<number, boolean>>;
}

export type SeededRow = (entity: string, index: number) => CanonicalRow;

export const ledgerKey = (write: { readonly entity: string; readonly id: string }): string =>
  `${write.entity}/${write.id}`;

interface Step {
  readonly attempt: number;
  readonly write: LedgerWrite;
  readonly at: number;
  ackedAt: number | null;
}

/**
 * What each written row must be, from the ledger alone. An acknowledged write is there; one without an acknowledgement is
 * there wholly or not at all; a later acknowledged write settles neither of the two, it is applied to both.
 */
export function expectationsOf(lines: readonly LedgerLine[], seeded: SeededRow): ReadonlyMap<string, Expectation> {
  const steps = stepsOf(lines);
  const expectations = new Map<string, Expectation>();
  for (const [key, history] of steps) {
    const first = history[0]?.write;
    if (first === undefined) continue;
    const start = first.before ?? (first.seeded === undefined ? null : seeded(first.entity, first.seeded));
    const candidates = first.contended === true ? contended(history, start) : owned(history, start);
    expectations.set(key, { entity: first.entity, id: first.id, candidates });
  }
  return expectations;
}

function stepsOf(lines: readonly LedgerLine[]): ReadonlyMap<string, readonly Step[]> {
  const byKey = new Map<string, Step[]>();
  const byAttempt = new Map<number, Step[]>();
  for (const [at, line] of lines.entries()) {
    if ('attempt' in line) {
      const made = line.writes.map((write): Step => ({ attempt: line.attempt, write, at, ackedAt: null }));
      byAttempt.set(line.attempt, made);
      for (const step of made) {
        const key = ledgerKey(step.write);
        const history = byKey.get(key);
        if (history === undefined) byKey.set(key, [step]);
        else history.push(step);
      }
    } else if ('ack' in line) {
      for (const step of byAttempt.get(line.ack) ?? []) step.ackedAt = at;
    }
  }
  return byKey;
}

/** One worker after the other: each step applies to every state that the row may have had before. */
function owned(history: readonly Step[], start: CanonicalRow | null): readonly Candidate[] {
  let candidates: readonly Candidate[] = [{ row: start, doubted: {} }];
  for (const { attempt, write, ackedAt } of history) {
    const done = candidates.map(({ row, doubted }) => ({ row: apply(row, write), doubted }));
    candidates =
      ackedAt === null
        ? [
            ...candidates.map(({ row, doubted }) => ({ row, doubted: { ...doubted, [attempt]: false } })),
            ...done.map(({ row, doubted }) => ({ row, doubted: { ...doubted, [attempt]: true } })),
          ]
        : done;
  }
  return candidates;
}

/** Several workers set the same columns: the last one may be any write after whose end no acknowledged write began. */
function contended(history: readonly Step[], start: CanonicalRow | null): readonly Candidate[] {
  const acked = history.filter((step) => step.ackedAt !== null);
  const overtaken = (step: Step): boolean =>
    step.ackedAt !== null && acked.some((other) => other.at > (step.ackedAt ?? Infinity));
  const last = history
    .filter((step) => !overtaken(step))
    .map(({ write }) => ({ row: apply(start, write), doubted: {} }));
  return acked.length === 0 ? [{ row: start, doubted: {} }, ...last] : last;
}

function apply(row: CanonicalRow | null, { change }: LedgerWrite): CanonicalRow | null {
  if ('deleted' in change) return null;
  if ('put' in change) return change.put;
  // An update of a row that is not there changes nothing.
  return row === null ? null : { ...row, ...change.set };
}
