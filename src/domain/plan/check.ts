import type { Catalogue } from '../catalogue.ts';
import { checkAttributes } from './check-attributes.ts';
import { checkChildren } from './check-children.ts';
import { checkColumns } from './check-columns.ts';
import { checkIdentity } from './check-identity.ts';
import { checkIndexes } from './check-indexes.ts';
import { checkKey } from './check-key.ts';
import { checkPatterns } from './check-patterns.ts';
import { checkSequences } from './check-sequences.ts';
import { checkSettings } from './check-settings.ts';
import { checkTables } from './check-tables.ts';
import { checkUnique } from './check-unique.ts';
import { bySeverity, type Finding, subjectsOf } from './finding.ts';
import type { Plan } from './plan.ts';

/** What is wrong with a plan for this schema, or worth knowing, without looking at a single row; the worst first. */
export function planFindings(plan: Plan, catalogue: Catalogue): readonly Finding[] {
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
