import type { Catalogue } from '../catalogue/catalogue.ts';
import { type Additions, compileMapping, type Mapping } from '../mapping/mapping.ts';
import { planError } from '../mapping/plan-error.ts';
import type { Plan } from '../plan/plan.ts';
import type { ShardOwners } from '../ports/control.ts';
import { planFindings } from './check.ts';

/**
 * Checks a plan against the catalogue, then compiles it into the mapping between rows and items.
 *
 * @param shards the owners whose items are spread over several partitions, as recorded in the control table
 * @param additions the columns that were added to the catalogue since, as recorded there
 * @throws PlanError for the most severe finding, if it blocks
 */
export function compilePlan(plan: Plan, catalogue: Catalogue, shards: ShardOwners, additions: Additions = {}): Mapping {
  const blocker = planFindings(plan, catalogue).find(({ severity }) => severity === 'blocks');
  if (blocker !== undefined) throw planError(blocker.path, blocker.evidence, blocker.remedy);
  return compileMapping(plan, catalogue, shards, additions);
}
