import type { Plan } from '../../plan/plan.ts';
import type { Proposal } from './propose.ts';

/** The plan with a proposal's pattern and index. */
export function applyProposal(plan: Plan, { entity, index, name, pattern }: Proposal): Plan {
  const patterns = { ...plan.patterns, [name]: pattern };
  const before = plan.entities[entity];
  if (index === null || before === undefined) return { ...plan, patterns };
  return {
    ...plan,
    table: { ...plan.table, indexes: [...new Set([...plan.table.indexes, index.name])] },
    entities: { ...plan.entities, [entity]: { ...before, indexes: { ...before.indexes, [index.name]: index.keys } } },
    patterns,
  };
}
