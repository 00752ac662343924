/** An Aurora cluster scaled to zero takes 15 to 30 s to answer. */
const PAUSES_MS = [100, 400, 1_000, 3_000, 6_000, 10_000, 15_000];

/** What a failure of the way to PostgreSQL says about the statement. */
export type Fault =
  /** PostgreSQL has not looked at it. */
  | 'untouched'
  /** The answer was lost: it may have run, may run yet, or may not. */
  | 'open'
  /** An answer, or a failure that will not pass. */
  | 'final';

/** Repeats what is safe to repeat: a statement that only reads, and one that PostgreSQL has not looked at. */
export async function withRetry<T>(
  idempotent: boolean,
  faultOf: (error: unknown) => Fault,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const fault = faultOf(error);
      const pause = PAUSES_MS[tries];
      if (fault === 'final' || (fault === 'open' && !idempotent) || pause === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
    }
  }
}

/** One statement that cannot change anything when it runs twice. */
export function readsOnly(text: string): boolean {
  return /^\s*(select|with|values)\b/i.test(text) && !/\b(insert|update|delete|merge|portage\.\w+\s*\()/i.test(text);
}

/** A statement as an error names it. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
