import { readFileSync } from 'node:fs';
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

/** The plan file that the environment names. */
export function readPlan(value: (name: string) => string): Plan {
  return planSchema.parse(JSON.parse(readFileSync(value('PORTAGE_PLAN_FILE'), 'utf8')));
}
