/** The stages of the migration, in order. Modes move between neighbours only; `stopped` is reachable from any mode before `complete`. */
export const MODES = ['off', 'capture', 'load', 'dual', 'shadow', 'reads', 'drained', 'complete', 'stopped'] as const;
export type Mode = (typeof MODES)[number];

/** The record that decides what clients and tasks may do. Changed only by a write conditional on `epoch` (RACE-43). */
export interface ModeState {
  readonly mode: Mode;
  /** Share of reads answered by DynamoDB, 0 to 100; above 0 only in `reads`; 100 in drained and complete. */
  readonly readPercent: number;
  /** Rises by one with each move. */
  readonly epoch: number;
  /** Rises whenever capture is installed, the source is restored, everything is rewritten, or the mode moves to `complete`. */
  readonly generation: number;
  /** Mode to go back to, while `stopped`. */
  readonly stoppedFrom: Mode | null;
  /** Rises whenever the mapping of the generation gets another column (src/domain/ddl/carry-columns.ts). */
  readonly mappingRevision: number;
}

/** Before the first move. */
export const INITIAL_MODE: ModeState = {
  mode: 'off',
  readPercent: 0,
  epoch: 0,
  generation: 0,
  stoppedFrom: null,
  mappingRevision: 0,
};

/** Where a client may write in a mode. DynamoDB alone is written only in `complete`; `drained` and `stopped` refuse writes. */
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

/** Which store serves reads of this cohort (0 to 99). Only `readPercent` decides; it is 0 while `stopped`. */
export function readsFrom(state: ModeState, cohort: number): 'source' | 'target' {
  return cohort < state.readPercent ? 'target' : 'source';
}

/** True in the modes in which reads may be compared with the other store's result. */
export function comparesReads(mode: Mode): boolean {
  return mode === 'shadow' || mode === 'reads';
}
