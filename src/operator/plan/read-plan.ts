import { readFileSync } from 'node:fs';
import { parsePlan } from '../../domain/plan-check/parse.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { OperatorError } from '../operator-error.ts';

export interface PlanFile {
  readonly file: string;
  readonly plan: Plan;
}

/**
 * Reads the plan that `--plan` names, else PORTAGE_PLAN_FILE, else plan.json (docs/plan.md).
 *
 * @throws OperatorError when the file cannot be read
 * @throws PlanError when it is not JSON or not a plan; the message names the place and the remedy
 */
export function readPlan(named: string | undefined): PlanFile {
  const file = named ?? process.env['PORTAGE_PLAN_FILE'] ?? 'plan.json';
  return { file, plan: parsePlan(readText(file), file) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: name the plan with --plan or PORTAGE_PLAN_FILE`, { cause: error });
  }
}
