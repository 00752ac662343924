import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import { createDeferred } from '../../process/deferred.ts';
import type { LocalFunction } from './local-function.ts';

/** The outcome of an invocation: the function's result, or an error in Lambda's shape. */
export interface Outcome {
  readonly failed: boolean;
  /** JSON. */
  readonly payload: string;
}

/** The part of Lambda's context object that does not change while an event is run. */
export interface InvocationContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
}

const messageSchema = z.union([
  z.literal('loaded'),
  z.object({ failed: z.boolean(), broken: z.boolean(), payload: z.string() }),
]);

/** The young generation beside the heap limit: pages of rows are short-lived. */
const YOUNG_GENERATION_MB = 48;

/** One instance of a function: a thread with the function's environment and heap limit, which runs one event at a time. */
export class Instance {
  readonly #worker: Worker;
  readonly #timeoutSeconds: number;
  #settle: ((outcome: Outcome) => void) | null = null;
  #alive = true;
  readonly #loaded: Promise<void>;
  /** What the death of the thread answers, where it came before the event. */
  #death: Outcome | null = null;

  constructor({ file, exported, environment, memoryMb, timeoutSeconds }: LocalFunction) {
    this.#timeoutSeconds = timeoutSeconds;
    this.#worker = new Worker(new URL('isolate.mjs', import.meta.url), {
      workerData: { file, exported },
      env: { ...environment },
      // None of this process's own arguments, such as the loader of TypeScript.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    const { promise, resolve } = createDeferred<void>();
    this.#loaded = promise;
    this.#worker.on('exit', () => resolve());
    this.#worker.on('message', (raw) => {
      const message = messageSchema.parse(raw);
      if (message === 'loaded') return resolve();
      const { failed, broken, payload } = message;
      // What cannot be loaded is loaded anew by the next invocation, as on Lambda.
      if (broken) void this.end();
      this.#finish({ failed, payload });
    });
    this.#worker.on('error', (error) => this.#die(error));
    this.#worker.on('exit', (code) => this.#die(new Error(`Runtime exited with error: exit status ${code}`)));
  }

  /** Whether it can run another event. */
  get alive(): boolean {
    return this.#alive;
  }

  /**
   * Runs an event. Past the function's timeout the instance is ended, and with it whatever it was doing. Loading the module does not count,
   * as on Lambda.
   */
  async run(event: unknown, context: InvocationContext): Promise<Outcome> {
    await this.#loaded;
    if (this.#death !== null) return this.#death;
    return new Promise((resolve) => {
      const timeoutMs = this.#timeoutSeconds * 1000;
      const timer = setTimeout(() => {
        const errorMessage = `${new Date().toISOString()} ${context.awsRequestId} Task timed out after ${this.#timeoutSeconds.toFixed(2)} seconds`;
        this.#finish({ failed: true, payload: JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage }) });
        void this.end();
      }, timeoutMs);
      this.#settle = (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      // oxlint-disable-next-line require-post-message-target-origin -- a port between threads has no origin
      this.#worker.postMessage({ event, context, remainingMs: timeoutMs });
    });
  }

  async end(): Promise<void> {
    this.#alive = false;
    await this.#worker.terminate();
  }

  /** The thread is gone: by an error that nobody caught, by its heap limit, or by process.exit. */
  #die(error: Error): void {
    this.#alive = false;
    const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const errorType = outOfMemory || error.name === 'Error' ? 'Runtime.ExitError' : error.name;
    this.#death ??= { failed: true, payload: JSON.stringify({ errorType, errorMessage: error.message, trace: [] }) };
    this.#finish(this.#death);
  }

  #finish(outcome: Outcome): void {
    this.#settle?.(outcome);
    this.#settle = null;
  }
}
