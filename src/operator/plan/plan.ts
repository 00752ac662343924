import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parsePlan } from '../../domain/plan-check/parse.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { planJsonSchema } from '../../domain/plan/schema.ts';
import { OperatorError } from '../operator-error.ts';
import { print } from '../output.ts';
import { registerPlanCheck } from './check.ts';
import { registerPlanInit } from './init.ts';

/** `portage plan init`, `plan check` and `plan schema`. */
export function registerPlan(program: Command): void {
  const plan = program
    .command('plan')
    .description('the plan file: what moves, under which keys, with which thresholds');
  registerPlanInit(plan);
  registerPlanCheck(plan, planFile);
  plan
    .command('schema')
    .description('the JSON Schema of plan files, for editors')
    .option('--json', 'it is JSON anyway', false)
    .action(() => print(true, planJsonSchema(), []));
}

/** The plan that `--plan` or the environment names, read. */
function planFile(given: string | undefined): { readonly file: string; readonly plan: Plan } {
  const file = given ?? process.env['PORTAGE_PLAN_FILE'] ?? 'plan.json';
  return { file, plan: parsePlan(read(file), file) };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: name the plan with --plan or PORTAGE_PLAN_FILE`, { cause: error });
  }
}
