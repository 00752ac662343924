import { readFileSync } from 'node:fs';
import { parsePlan } from '../../src/domain/plan-check/parse.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import { isCode } from '../process/error-code.ts';
import { oneLine, StartupError } from '../process/startup-error.ts';

/** Reads a plan file. Throws a StartupError that names the file, the field and the remedy. */
export function readPlan(file: string): Plan {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) throw new StartupError(`there is no plan ${file}: name one with --plan FILE`);
    throw new StartupError(`cannot read the plan ${file} (${oneLine(error)}): name a readable file with --plan FILE`);
  }
  try {
    return parsePlan(text, file);
  } catch (error) {
    throw new StartupError(oneLine(error), { cause: error });
  }
}
