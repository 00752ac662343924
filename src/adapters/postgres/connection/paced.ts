const MIN_PAUSE_MS = 20;
/** Work that takes longer has waited for locks, which cost nobody a processor. */
const MAX_PAUSE_MS = 1_000;

/**
 * Does the work for each in turn, and rests in between for as long as the work took, 20 ms to 1 s. Each DDL statement sends invalidation
 * messages that all sessions handle, each message at a cost that grows with the session's cached plans; many at once would keep every
 * session busy at the same time, and the application waiting for a processor.
 */
export async function paced<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let rest = 0;
  for (const item of items) {
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    const begun = performance.now();
    await work(item);
    rest = Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, performance.now() - begun));
  }
}
