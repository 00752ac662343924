import { exploreScenario, type Scenario } from '../scenario.ts';
import type { Explored } from '../explore.ts';

/** A mutation takes one defence out of the protocol, in a small scenario in which that shows. */
export interface Mutation {
  readonly name: string;
  readonly races: string;
  /** The violation that the explorer must find without the defence. */
  readonly violation: RegExp;
  /** The scenario with the defence in place: explored to its end without a violation. */
  readonly scenario: Scenario;
  /** What the mutation changes in the scenario. */
  readonly changes: Partial<Scenario>;
}

export interface MutationResult {
  readonly mutation: Mutation;
  readonly mutated: Explored;
  readonly intact: Explored;
}

export async function mutate(mutation: Mutation): Promise<MutationResult> {
  const mutated = await exploreScenario({ ...mutation.scenario, ...mutation.changes });
  return { mutation, mutated, intact: await exploreScenario(mutation.scenario) };
}
