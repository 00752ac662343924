import type { Command } from 'commander';
import { planJsonSchema } from '../../domain/plan/schema.ts';
import { print } from '../output.ts';
import { registerPlanCheck } from './check.ts';
import { registerPlanInit } from './init.ts';

/** `portage plan init`, `plan check` and `plan schema`. */
export function registerPlan(program: Command): void {
  const plan = program
    .command('plan')
    .description('the plan file: what moves, under which keys, with which thresholds');
  registerPlanInit(plan);
  registerPlanCheck(plan);
  plan
    .command('schema')
    .description('the JSON Schema of plan files, for editors')
    .option('--json', 'accepted for symmetry: the output is always JSON', false)
    .action(() => print(true, planJsonSchema(), []));
}
