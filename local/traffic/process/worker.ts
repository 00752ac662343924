import { setTimeout as sleep } from 'node:timers/promises';

import type { Random } from '../../../examples/campaigns/generator/random.ts';
import type { Application } from '../application.ts';
import type { BypassWriter } from '../bypass-writer.ts';

export interface WorkerLoop {
  /** Milliseconds between two operations of this worker, when the stores keep up. */
  readonly pauseMs: number;
  readonly random: Random;
  running(): boolean;
}

/** Closed loop: one operation after the other, no faster than the pace, slower where the stores are slower. */
export async function work(application: Application, worker: number, loop: WorkerLoop): Promise<void> {
  let due = performance.now() + loop.random.next() * loop.pauseMs;
  while (loop.running()) {
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    due = Math.max(due + loop.pauseMs, performance.now() - loop.pauseMs);
    await application.operate(worker);
  }
}

/** Runs the bypassing job from time to time until PostgreSQL refuses its login. */
export async function runBypassJob(application: Application, bypass: BypassWriter, loop: WorkerLoop): Promise<void> {
  while (loop.running() && bypass.alive) {
    await application.runBypassJob(bypass);
    await sleep(loop.pauseMs * (0.5 + loop.random.next()));
  }
  await bypass.close();
}
