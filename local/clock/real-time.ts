/** Timers of Node end at once beyond this delay, so that longer waits are cut into pieces. */
const LONGEST_TIMER = 2_147_483_647;

/** Waits until `arrived()` answers 0 or less; it answers the real milliseconds still to go. */
export function realWait(remaining: () => number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const check = (): void => {
      const left = remaining();
      if (left > 0) {
        timer = setTimeout(check, Math.min(Math.ceil(left), LONGEST_TIMER));
        return;
      }
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    signal?.addEventListener('abort', abort, { once: true });
    check();
  });
}
