/** Where the migration stands (DESIGN: modes move between neighbours only; `stopped` is reachable from any mode before complete). */
export const MODES = ['off', 'capture', 'load', 'dual', 'shadow', 'reads', 'drained', 'complete', 'stopped'] as const;
export type Mode = (typeof MODES)[number];

/** The one record that says what clients and tasks may do. Moved only by a conditional write on `epoch`. */
export interface ModeState {
  readonly mode: Mode;
  /** Share of reads answered by DynamoDB, 0 to 100; above 0 only in `reads`; 100 in drained and complete. */
  readonly readPercent: number;
  /** Rises by one with each move. */
  readonly epoch: number;
  /** Rises whenever capture is installed, the source is restored, or everything is rewritten. */
  readonly generation: number;
  /** Mode to go back to, while `stopped`. */
  readonly stoppedFrom: Mode | null;
}

/** Where a client may write in a mode: DynamoDB alone answers for nothing before `complete`, and nobody writes in the transitions. */
export function writesTo(mode: Mode): 'source' | 'both' | 'target' | 'refused' {
  switch (mode) {
    case 'off':
    case 'capture':
    case 'load':
      return 'source';
    case 'dual':
    case 'shadow':
    case 'reads':
      return 'both';
    case 'complete':
      return 'target';
    default:
      return 'refused';
  }
}

/** Which store answers a caller of this cohort (0 to 99). The share of reads alone decides, so that `stopped` changes no reader's store. */
export function readsFrom(state: ModeState, cohort: number): 'source' | 'target' {
  return cohort < state.readPercent ? 'target' : 'source';
}

/** True in the modes in which reads may be compared with the other store's answer. */
export function comparesReads(mode: Mode): boolean {
  return mode === 'shadow' || mode === 'reads';
}
