import type { Catalogue } from '../catalogue/catalogue.ts';
import { checkAttributes } from './rules/attributes.ts';
import { checkChildren } from './rules/children.ts';
import { checkColumns } from './rules/columns.ts';
import { checkIdentity } from './rules/identity.ts';
import { checkIndexes } from './rules/indexes.ts';
import { checkKey } from './rules/key.ts';
import { checkPatterns } from './rules/patterns.ts';
import { checkSequences } from './rules/sequences.ts';
import { checkSettings } from './rules/settings.ts';
import { checkTables } from './rules/tables.ts';
import { checkUnique } from './rules/unique.ts';
import { bySeverity, type PlanFinding, subjectsOf } from './rules/finding.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * Checks a plan against the schema of its source, without reading any rows. Problems are returned, not thrown.
 *
 * @returns the findings, most severe first; a plan with a finding of severity `blocks` cannot be compiled
 */
export function planFindings(plan: Plan, catalogue: Catalogue): readonly PlanFinding[] {
  const subjects = subjectsOf(plan, catalogue);
  const findings = [
    ...checkTables(plan, catalogue),
    ...subjects.flatMap((subject) => [
      ...checkColumns(subject),
      ...checkChildren(subject),
      ...checkIdentity(subject),
      ...checkKey(subject),
      ...checkIndexes(subject),
      ...checkUnique(subject),
      ...checkAttributes(subject),
    ]),
    ...checkPatterns(plan, subjects),
    ...checkSequences(subjects),
    ...checkSettings(plan, catalogue),
  ];
  return findings.sort(bySeverity);
}
