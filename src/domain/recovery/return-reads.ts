import { expireGates } from '../gates/gate-store.ts';
import type { ModeState } from '../mode/modes.ts';
import { holdLock, seizeLock } from '../lock/lock.ts';
import { LockHeld } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlTable } from '../ports/control.ts';
import type { Executions } from '../ports/executions.ts';
import type { SourceAccess } from '../ports/source-access.ts';
import { leaveTarget, returnReads } from '../progress/move-mode.ts';
import { classify } from './classify.ts';
import type { Failure } from '../progress/failure.ts';

export interface RolledBack {
  readonly state: ModeState;
  /** False if reads stayed: the failure does not require it, another run holds the lock, or PostgreSQL is no longer the source of truth. */
  readonly returned: boolean;
}

/** Failures after which no client writes to the target any more: items can no longer be made of the rows, or capture is to go. */
const LEAVES_TARGET = new Set(['SchemaChanged', 'CaptureRemoved']);

/** Rolls back after a failure; with `takesLock` it takes the lock from its holder and stops that execution. */
export async function rollBack(
  ports: {
    readonly control: ControlTable;
    readonly plan: Plan;
    readonly sourceAccess: SourceAccess;
    readonly executions: Pick<Executions, 'stop'>;
  },
  input: {
    readonly owner: string;
    readonly run: string;
    readonly now: string;
    readonly failure: Failure;
    readonly takesLock: boolean;
  },
): Promise<RolledBack> {
  const { control, plan, sourceAccess } = ports;
  const stay = async (): Promise<RolledBack> => ({ state: await control.mode(), returned: false });
  if (input.takesLock) {
    const former = await seizeLock(control, input);
    if (former !== null) await ports.executions.stop(former, input.failure.cause);
    await expireGates(control);
  } else if (!classify(input.failure).returnReads || !(await isOurs(control, input))) return stay();
  if ((await control.mode()).mode === 'complete') return stay();
  const state = await returnReads(control, plan, sourceAccess);
  return { state: LEAVES_TARGET.has(input.failure.error) ? await leaveTarget(control, plan) : state, returned: true };
}

async function isOurs(
  control: ControlTable,
  claim: { readonly owner: string; readonly run: string; readonly now: string },
): Promise<boolean> {
  try {
    await holdLock(control, claim);
    return true;
  } catch (error) {
    if (error instanceof LockHeld) return false;
    throw error;
  }
}
