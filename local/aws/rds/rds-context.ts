import type { ClusterProcesses } from './cluster-processes.ts';
import type { State } from './state.ts';

/** What an operation of the control API reads and changes. */
export interface RdsContext {
  readonly state: State;
  readonly processes: ClusterProcesses;
  /** The time as ISO text, simulated where the stack's is. */
  readonly now: () => string;
}
