import type { ClusterProcesses } from './cluster-processes.ts';
import type { State } from './state.ts';

/** The state that an operation of the control API reads and changes. */
export interface RdsContext {
  readonly state: State;
  readonly processes: ClusterProcesses;
  /** The time as ISO text, from the stack's clock. */
  readonly now: () => string;
}
