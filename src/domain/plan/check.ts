import type { Catalogue } from '../catalogue.ts';
import type { Finding } from './finding.ts';
import type { Plan } from './plan.ts';

/** What is wrong with a plan for this schema, or worth knowing, without looking at a single row. */
export function checkPlan(_plan: Plan, _catalogue: Catalogue): readonly Finding[] {
  return [];
}
