import { exploreScenario, type Scenario } from '../scenario.ts';
import type { Explored } from '../explore.ts';

/** One defence of the protocol, and a small world in which its absence shows. */
export interface Defence {
  readonly name: string;
  readonly races: string;
  /** What the explorer has to find once it is out. */
  readonly violation: RegExp;
  /** The world with the defence in place: explored to its end without a finding. */
  readonly whole: Scenario;
  /** What is different where it is out. */
  readonly out: Partial<Scenario>;
}

export interface Shown {
  readonly defence: Defence;
  readonly broken: Explored;
  readonly whole: Explored;
}

export async function takeOut(defence: Defence): Promise<Shown> {
  const broken = await exploreScenario({ ...defence.whole, ...defence.out });
  return { defence, broken, whole: await exploreScenario(defence.whole) };
}
