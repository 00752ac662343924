import type { ModeState } from '../../../src/domain/mode/modes.ts';
import type { LoadCheckpoint } from '../../../src/domain/protocol/load-range.ts';
import type { Answer, ControlOp, Step } from './operation.ts';

/** The control table, and what is left of the leases on it. */
export interface Control {
  readonly state: ModeState;
  /** Leases on this epoch and older ones are over. */
  readonly over: number;
  readonly checkpoint: LoadCheckpoint | null;
}

export interface ControlOptions {
  /** Whoever moves the mode waits out the leases (RACE-39). */
  readonly leaseWait: boolean;
  /** Moves are conditional on the epoch (RACE-46). */
  readonly epochs: boolean;
}

const DONE: Answer = { kind: 'done' };

export function askControl(control: Control, op: ControlOp, options: ControlOptions): readonly Step<Control>[] {
  const told = (answer: Answer, next = control, how = ''): readonly Step<Control>[] => [{ next, answer, how }];
  switch (op.do) {
    case 'mode':
      return told({ kind: 'mode', state: control.state }, control, `mode ${control.state.mode}`);
    case 'lease': {
      const held = op.epoch > control.over;
      return told({ kind: 'lease', held }, control, held ? 'the lease holds' : 'the lease is over');
    }
    case 'move': {
      if (options.epochs && op.epoch !== control.state.epoch)
        return told({ kind: 'failed', why: 'refused' }, control, 'the epoch has moved');
      const state = { ...op.to, epoch: control.state.epoch + 1 };
      // Checkpoints belong to a generation.
      const checkpoint = op.to.generation === control.state.generation ? control.checkpoint : null;
      const left = control.state.mode === 'complete' ? { flaw: `TWO AUTHORITIES: ${op.to.mode} after complete` } : {};
      return [{ next: { ...control, state, checkpoint }, answer: DONE, how: `mode ${op.to.mode}`, ...left }];
    }
    case 'awaitLeases':
      return told(DONE, options.leaseWait ? { ...control, over: control.state.epoch - 1 } : control);
    case 'checkpoint':
      return told({ kind: 'checkpoint', value: control.checkpoint });
    case 'saveCheckpoint':
      return told(DONE, { ...control, checkpoint: op.value });
    default:
      return told(DONE);
  }
}
