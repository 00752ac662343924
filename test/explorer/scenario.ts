import { encodeItem } from '../../src/domain/mapping/items/encode.ts';
import { keyOfItem } from '../../src/domain/mapping/items/read-system-attributes.ts';
import { versionOf } from '../../src/domain/versions.ts';
import type { Item } from '../../src/domain/item.ts';
import type { Mode } from '../../src/domain/mode/modes.ts';
import type { Control, ControlOptions } from './model/control-model.ts';
import { explore, type Explored } from './explore.ts';
import { type Compare, createInvariants, type Invariants } from './invariants.ts';
import type { Script } from './actors/process.ts';
import { AT, GENERATION, imageOf, THING, type Thing } from './model/rows.ts';
import type { SourceOptions } from './model/source-model.ts';
import { newSource } from './model/source-state.ts';
import { EMPTY, nameOf, type Target, type TargetOptions } from './model/target-model.ts';
import { createStateSpace, type ProcessSpec, type StateSpace } from './state-space.ts';

export type Models = SourceOptions & TargetOptions & ControlOptions & { readonly requestWait: boolean };

/** The protocol whole, and every fault that a scenario does not rule out. */
const ALL_DEFENCES: Models = {
  flushes: true,
  timeouts: true,
  oldKeys: true,
  oldConditions: true,
  rereads: true,
  keepsNewest: true,
  marksOfGeneration: true,
  late: 1,
  losses: true,
  copies: true,
  conflicts: false,
  tokens: false,
  newer: true,
  asSeen: true,
  absent: true,
  tombstones: true,
  expiry: false,
  intents: true,
  leaseWait: true,
  epochs: true,
  requestWait: true,
};

/** One exploration, bounded by who takes part and what may go wrong. */
export interface Scenario {
  readonly name: string;
  /** Rows at the beginning, in both stores. */
  readonly rows: readonly Thing[];
  /** False: the target begins empty. */
  readonly loaded?: boolean;
  readonly mode?: Mode;
  /** False: the trigger is not there at the beginning. */
  readonly captured?: boolean;
  /** The beginning may be restored. */
  readonly snapshot?: boolean;
  /** How often PostgreSQL may crash. */
  readonly crashes: number;
  readonly processes: readonly ProcessSpec[];
  /** What runs without faults at the end of each run. */
  readonly closing: readonly Script[];
  readonly models?: Partial<Models>;
  readonly compare?: Compare;
}

export interface Opened {
  readonly space: StateSpace;
  readonly invariants: Invariants;
}

export async function open(scenario: Scenario): Promise<Opened> {
  const images = scenario.rows.map(imageOf);
  const items =
    scenario.loaded === false
      ? []
      : images.flatMap((image) => encodeItem(THING, image, { version: versionOf(GENERATION, 0), txn: null, at: AT }));
  const space = await createStateSpace({
    source: newSource(
      Object.fromEntries(scenario.rows.map(({ id }, at) => [id, images[at] ?? {}])),
      scenario.crashes,
      scenario.captured,
      scenario.snapshot,
    ),
    target: targetOf(items),
    control: controlOf(scenario.mode ?? 'dual'),
    processes: scenario.processes,
    models: { ...ALL_DEFENCES, ...scenario.models },
  });
  return { space, invariants: createInvariants(space, scenario.closing, scenario.compare) };
}

export async function exploreScenario(scenario: Scenario, limit?: number): Promise<Explored> {
  const { space, invariants } = await open(scenario);
  return explore(space, invariants, limit);
}

function targetOf(items: readonly Item[]): Target {
  const named = items
    .map((item) => [nameOf(keyOfItem(item)), item] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return { ...EMPTY, items: Object.fromEntries(named) };
}

function controlOf(mode: Mode): Control {
  return {
    state: {
      mode,
      readPercent: mode === 'reads' ? 100 : 0,
      epoch: 1,
      generation: GENERATION,
      stoppedFrom: null,
      mappingRevision: 0,
    },
    over: 0,
    checkpoint: null,
  };
}
