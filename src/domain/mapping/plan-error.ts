import { PlanError } from '../errors.ts';

/** A PlanError without a file name, which is unknown here. */
export function planError(path: string, message: string, remedy: string): PlanError {
  return new PlanError({ file: 'plan.json', path, message, remedy });
}
