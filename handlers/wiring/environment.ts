import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ConfigurationMissing } from '../../src/domain/errors.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';

/** Reads variables by name; a missing one is an error that names it. */
export function reader(environment: NodeJS.ProcessEnv): (name: string) => string {
  return (name) => {
    const found = environment[name];
    if (found === undefined || found === '') throw new ConfigurationMissing({ key: name });
    return found;
  };
}

/** The plan file that the environment names; a relative path begins at the folder that Lambda runs the bundle from. */
export function readPlan(value: (name: string) => string): Plan {
  const named = value('PORTAGE_PLAN_FILE');
  const file = isAbsolute(named) ? named : join(value('LAMBDA_TASK_ROOT'), named);
  return planSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
