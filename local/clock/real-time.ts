/** Timers of Node end at once beyond this delay, so that longer waits are cut into pieces. */
const LONGEST_TIMER = 2_147_483_647;

/**
 * Waits until `remaining()` answers 0 or less; it answers the real milliseconds still to go. It is asked again whenever a
 * member of `pokes` is called, which holds one while the wait lasts.
 */
export function realWait(remaining: () => number, signal?: AbortSignal, pokes?: Set<() => void>): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const leave = (): void => {
      clearTimeout(timer);
      pokes?.delete(check);
      signal?.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      leave();
      reject(signal?.reason);
    };
    const check = (): void => {
      clearTimeout(timer);
      const left = remaining();
      if (left > 0) {
        timer = setTimeout(check, Math.min(Math.ceil(left), LONGEST_TIMER));
        return;
      }
      leave();
      resolve();
    };
    signal?.addEventListener('abort', abort, { once: true });
    pokes?.add(check);
    check();
  });
}
