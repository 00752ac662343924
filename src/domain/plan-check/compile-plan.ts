import type { Catalogue } from '../catalogue/catalogue.ts';
import { compileMapping, type Mapping, planError } from '../mapping/mapping.ts';
import type { Plan } from '../plan/plan.ts';
import type { ShardOwners } from '../ports/control.ts';
import { planFindings } from './check.ts';

/** Checks a plan against the catalogue, then compiles it. Throws a PlanError for the first finding that blocks. */
export function compilePlan(plan: Plan, catalogue: Catalogue, shards: ShardOwners): Mapping {
  const blocker = planFindings(plan, catalogue).find(({ severity }) => severity === 'blocks');
  if (blocker !== undefined) throw planError(blocker.path, blocker.evidence, blocker.remedy);
  return compileMapping(plan, catalogue, shards);
}
