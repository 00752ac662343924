/** An Aurora cluster that is scaled to zero takes 15 to 30 s to resume. */
const PAUSES_MS = [100, 400, 1_000, 3_000, 6_000, 10_000, 15_000];

/** What a failed call says about its statement: whether it can have run, and whether another attempt can succeed. */
export type Delivery =
  /** PostgreSQL has not received it. */
  | 'not-sent'
  /** The response was lost: the statement may have run, or may still run. */
  | 'in-doubt'
  /** PostgreSQL's own response, or a failure that another attempt will meet again. */
  | 'permanent';

/** Retries what is safe to retry, up to `attempts` in all: statements that only read, and statements that PostgreSQL has not received. */
export async function withRetry<T>(
  idempotent: boolean,
  deliveryOf: (error: unknown) => Delivery,
  attempt: () => Promise<T>,
  attempts = PAUSES_MS.length + 1,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const delivery = deliveryOf(error);
      const pause = PAUSES_MS[tries];
      if (
        delivery === 'permanent' ||
        (delivery === 'in-doubt' && !idempotent) ||
        pause === undefined ||
        tries + 1 >= attempts
      )
        throw error;
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
    }
  }
}

/** True for a statement that changes nothing when it runs twice. */
export function readsOnly(text: string): boolean {
  return /^\s*(select|with|values)\b/i.test(text) && !/\b(insert|update|delete|merge|portage\.\w+\s*\()/i.test(text);
}

/** A statement in one line of at most 60 characters, for error messages. */
export function shortenStatement(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
