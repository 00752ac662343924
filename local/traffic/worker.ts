import { setTimeout as sleep } from 'node:timers/promises';

import type { Bypass } from './bypass.ts';
import { readSomething } from './reads.ts';
import type { Scene } from './scene.ts';
import type { SignIns } from './sign-ins.ts';
import { writeSomething } from './writes.ts';

export interface Loop {
  /** Milliseconds between two operations of this worker, when the stores keep up. */
  readonly pauseMs: number;
  running(): boolean;
}

/** Closed loop: one operation after the other, no faster than the pace, slower where the stores are slower. */
export async function work(scene: Scene, signIns: SignIns | null, loop: Loop): Promise<void> {
  let due = performance.now() + scene.random.next() * loop.pauseMs;
  while (loop.running()) {
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    due = Math.max(due + loop.pauseMs, performance.now() - loop.pauseMs);
    const roll = scene.random.between(1, 100);
    if (roll <= 3 && signIns !== null) await signIns.signIn(scene);
    else if (roll <= 18) await writeSomething(scene);
    else await readSomething(scene);
  }
}

/** The bypassing job, now and then, until PostgreSQL does not let it in any more. */
export async function workAround(scene: Scene, bypass: Bypass, loop: Loop): Promise<void> {
  while (loop.running() && bypass.alive) {
    await bypass.write(scene);
    await sleep(loop.pauseMs * (0.5 + scene.random.next()));
  }
  await bypass.close();
}
