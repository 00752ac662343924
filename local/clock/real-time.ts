/** Node's timers fire at once beyond this delay, so longer waits are split. */
const LONGEST_TIMER = 2_147_483_647;

/**
 * Waits until `remaining()` returns 0 or less; it returns the remaining real milliseconds. It is
 * called again whenever a member of `pokes` is called; the wait registers one.
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
