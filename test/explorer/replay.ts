import { stepsFrom } from './explore.ts';
import type { Opened } from './scenario.ts';

/** One run: its choices replay it, its words tell it. */
export interface Run {
  readonly choices: readonly number[];
  readonly words: readonly string[];
  /** What it broke, null where nothing. */
  readonly violation: string | null;
}

/** The run that a list of choices describes: each is a position among the steps that are possible then. */
export async function replay({ space, invariants }: Opened, choices: readonly number[]): Promise<Run> {
  const words: string[] = [];
  let state = space.initial;
  let violation: string | null = null;
  for (const choice of choices) {
    const step = (await stepsFrom(space, state))[choice];
    if (step === undefined) throw new RangeError(`after ${words.length} steps there is no choice ${choice}`);
    words.push(step.words);
    state = step.next;
    violation ??= step.flaw;
  }
  if (violation === null && space.isSettled(state)) violation = await invariants.verdict(state);
  return { choices, words, violation };
}

/** A run that chance chooses, by its seed, until nothing can follow or it is long enough. */
export async function walk(opened: Opened, seed: number, length: number): Promise<Run> {
  const { space, invariants } = opened;
  const chance = mulberry32(seed);
  const choices: number[] = [];
  const words: string[] = [];
  let state = space.initial;
  let violation: string | null = null;
  while (violation === null && choices.length < length) {
    const steps = await stepsFrom(space, state);
    const choice = Math.floor(chance() * steps.length);
    const step = steps[choice];
    if (step === undefined) break;
    choices.push(choice);
    words.push(step.words);
    state = step.next;
    violation = step.flaw;
    if (violation === null && space.isSettled(state)) violation = await invariants.verdict(state);
  }
  return { choices, words, violation };
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
