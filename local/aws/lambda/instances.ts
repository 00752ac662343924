import { randomUUID } from 'node:crypto';
import { Instance, type Outcome } from './instance.ts';
import type { LocalFunction } from './local-function.ts';

export interface Invoked extends Outcome {
  readonly requestId: string;
  readonly durationMs: number;
}

/** How long an idle instance is kept warm. */
const IDLE_MS = 30_000;

/** The instances of one function: as many as it has events at a time. Idle ones are used again, and ended after a while. */
export class Instances {
  readonly #function: LocalFunction;
  readonly #all = new Set<Instance>();
  /** The one that was used last is taken first, so that the others can end. */
  readonly #idle: { readonly instance: Instance; readonly timer: NodeJS.Timeout }[] = [];

  readonly #onEnd: (invoked: Invoked) => void;

  /** `onEnd` is told of every invocation. */
  constructor(local: LocalFunction, onEnd: (invoked: Invoked) => void) {
    this.#function = local;
    this.#onEnd = onEnd;
  }

  async invoke(event: unknown): Promise<Invoked> {
    const instance = this.#take();
    const requestId = randomUUID();
    const { name, arn, memoryMb, logGroup } = this.#function;
    const began = performance.now();
    const outcome = await instance.run(event, {
      awsRequestId: requestId,
      functionName: name,
      functionVersion: '$LATEST',
      invokedFunctionArn: arn,
      memoryLimitInMB: String(memoryMb),
      logGroupName: logGroup,
      logStreamName: 'local',
    });
    this.#giveBack(instance);
    const invoked = { ...outcome, requestId, durationMs: performance.now() - began };
    this.#onEnd(invoked);
    return invoked;
  }

  /** Ends all instances, also those that are running. */
  async end(): Promise<void> {
    for (const { timer } of this.#idle) clearTimeout(timer);
    await Promise.all([...this.#all].map((instance) => instance.end()));
  }

  #take(): Instance {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      if (idle.instance.alive) return idle.instance;
      this.#all.delete(idle.instance);
    }
    const instance = new Instance(this.#function);
    this.#all.add(instance);
    return instance;
  }

  #giveBack(instance: Instance): void {
    if (!instance.alive) {
      this.#all.delete(instance);
      return;
    }
    const timer = setTimeout(() => {
      const at = this.#idle.findIndex((one) => one.instance === instance);
      if (at !== -1) this.#idle.splice(at, 1);
      this.#all.delete(instance);
      void instance.end();
    }, IDLE_MS);
    this.#idle.push({ instance, timer });
  }
}
