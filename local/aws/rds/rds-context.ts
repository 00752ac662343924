import type { Fleet } from './cluster-processes.ts';
import type { State } from './state.ts';

/** What an operation of the control API reads and changes. */
export interface World {
  readonly state: State;
  readonly fleet: Fleet;
  /** The time as ISO text, simulated where the stack's is. */
  readonly now: () => string;
}
