import { type Arbitrary, array, boolean, constantFrom, nat, oneof, record } from 'fast-check';
import {
  ADDED,
  BREAKING,
  HARMLESS,
  JOINING,
  REMOVING,
  REWRITING,
  TRUNCATING,
  type StepKind,
} from './statements/kinds.ts';

/** One DDL statement, chosen but not yet spelled out: which tables are there is known only when its turn has come. */
export interface Step {
  readonly kind: StepKind;
  readonly pick: number;
  readonly pauseMs: number;
}

export interface Scenario {
  readonly mode: 'dual' | 'shadow' | 'reads';
  readonly partitionRemoved: 'note' | 'halt';
  /** Capture has its event trigger; else the watch alone finds new partitions. */
  readonly follow: boolean;
  readonly columnAdded: 'note' | 'carry';
  readonly steps: readonly Step[];
}

const step = (kinds: readonly StepKind[]): Arbitrary<Step> =>
  record({ kind: constantFrom(...kinds), pick: nat(10_000), pauseMs: nat(80) });

/** Half of the runs or so meet a change that halts. */
const steps = array(
  oneof(
    { weight: 14, arbitrary: step(HARMLESS) },
    { weight: 6, arbitrary: step(JOINING) },
    { weight: 4, arbitrary: step(REWRITING) },
    { weight: 4, arbitrary: step(ADDED) },
    { weight: 2, arbitrary: step(REMOVING) },
    { weight: 2, arbitrary: step(TRUNCATING) },
    { weight: 2, arbitrary: step(BREAKING) },
  ),
  { minLength: 5, maxLength: 12 },
);

export const scenarios: Arbitrary<Scenario> = record({
  mode: constantFrom('dual', 'shadow', 'reads'),
  partitionRemoved: constantFrom('note', 'halt'),
  follow: boolean(),
  columnAdded: constantFrom('note', 'carry'),
  steps,
});
