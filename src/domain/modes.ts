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
