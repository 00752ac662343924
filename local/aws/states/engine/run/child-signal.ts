import { setMaxListeners } from 'node:events';
import { Interrupted } from '../../model/failure.ts';

/** A signal that follows an outer one and can be aborted by itself. `release` ends the tie to the outer one. */
export interface ChildSignal {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  release(): void;
}

/** A controller whose signal many may listen to: a Map's iterations all follow one. */
export function controllerOfMany(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Ties a new signal to an outer one (`AbortSignal.any` would, too, but its signals may be collected while awaited). */
export function childSignal(outer: AbortSignal): ChildSignal {
  const controller = controllerOfMany();
  const follow = (): void => controller.abort(outer.reason);
  if (outer.aborted) follow();
  else outer.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => outer.removeEventListener('abort', follow),
  };
}

export type Racer<T> = (signal: AbortSignal) => Promise<T>;

/** The outcome of whichever ends first; the others are interrupted. A racer that only limits never resolves. */
export async function race<T>(outer: AbortSignal, work: Racer<T>, ...limits: Racer<never>[]): Promise<T> {
  const inner = childSignal(outer);
  try {
    return await Promise.race([work(inner.signal), ...limits.map((limit) => limit(inner.signal))]);
  } finally {
    inner.release();
    inner.abort(new Interrupted('The race is over'));
  }
}

/** A promise that gives up when the signal is aborted. */
export function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** True where the whole service ends: what runs stays as the journal has it. */
export function isShutdown(signal: AbortSignal): boolean {
  const reason: unknown = signal.aborted ? signal.reason : null;
  return reason instanceof Interrupted && reason.shutdown;
}
