import type { ControlTable } from '../ports/control.ts';
import { type Failure, innermost, rethrown } from './failure.ts';

const KIND = 'FAILURE';

/** Under this name Step Functions reports that a part of a distributed Map failed; it does not say how. */
const PART_FAILED = 'States.ExceedToleratedFailureThreshold';

/** A machine in one of its runs, the execution that is to fail. */
export interface FailedRun {
  readonly machine: string;
  readonly run: string;
}

/** After which errors a machine starts over instead of failing, and how often it still may by itself. */
export interface StartOver {
  readonly on: readonly string[];
  readonly left: number;
}

/** How a run goes on that did not fail: from where it was, or anew. */
export interface Continued {
  readonly startOver: boolean;
}

type FailureRecords = Pick<ControlTable, 'read' | 'write' | 'remove'>;

/**
 * Ends a part of a distributed Map with the error that it met, and records the error for `failRun`. Of several parts the last one to
 * fail counts.
 *
 * @throws an error with the name of the innermost one
 */
export async function failPart(control: FailureRecords, { machine, run }: FailedRun, failure: Failure): Promise<never> {
  const found = innermost(failure);
  await control.write(KIND, partId(machine, run), found, 'any');
  throw rethrown(found);
}

/**
 * Ends a failed machine with an error that keeps the cause, that of a Map's part included, and lets it continue after a redrive: a
 * redrive would only enter a Fail state again. The record distinguishes the first entry from the second, on which it returns.
 *
 * @param options.also follows the cause: what else failed on the way
 * @throws an error with the name of the innermost one, on the first entry
 */
export async function failRun(
  control: FailureRecords,
  { machine, run }: FailedRun,
  failure: Failure,
  { also = '', startOver }: { readonly also?: string; readonly startOver?: StartOver | undefined } = {},
): Promise<Continued> {
  const id = `${machine}#${run}`;
  const recorded = await control.read<Failure>(KIND, id);
  if (recorded !== null) {
    await control.remove(KIND, id);
    return { startOver: startOver?.on.includes(recorded.value.error) ?? false };
  }
  const part = failure.error === PART_FAILED ? await control.read<Failure>(KIND, partId(machine, run)) : null;
  const { error, cause } = part?.value ?? innermost(failure);
  const found = { error, cause: `${cause}${also}` };
  if (part !== null) await control.remove(KIND, partId(machine, run));
  if (startOver?.on.includes(error) === true && startOver.left > 0) return { startOver: true };
  await control.write(KIND, id, found, 'any');
  throw rethrown(found);
}

function partId(machine: string, run: string): string {
  return `${machine}#${run}#part`;
}
