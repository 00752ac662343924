import type { Catalogue } from '../catalogue/catalogue.ts';
import { bySeverity, type PlanFinding, subjectsOf } from '../plan-check/rules/finding.ts';
import { checkUniqueIndexes } from '../plan-check/rules/unique.ts';
import type { Plan } from '../plan/plan.ts';
import { assessDdl } from './assess-ddl.ts';
import { assessHashes } from './assess-logins.ts';
import { assessRows, assessSplit } from './assess-rows.ts';
import { assessSearch } from './assess-searches.ts';
import { assessSource } from './assess-source.ts';
import { assessSurroundings } from './assess-surroundings.ts';
import type { Facts, Unmeasured } from './facts.ts';
import type { AssessmentFinding } from './finding.ts';

/** Findings from measurements of the source, most severe first. */
export function assess(plan: Plan, catalogue: Catalogue, facts: Facts): readonly PlanFinding[] {
  return [
    ...assessSource(plan, catalogue, facts.source),
    ...assessSurroundings(plan, facts.source.around),
    ...assessDdl(plan, catalogue, facts.source.ddl),
    ...subjectsOf(plan, catalogue).flatMap(checkUniqueIndexes),
    ...facts.entities.flatMap((entity) => assessRows(plan, entity)),
    ...facts.splits.flatMap((split) => assessSplit(plan, split)),
    ...assessHashes(plan, facts.hashes),
    ...facts.searches.flatMap((search) => assessSearch(plan, search)),
    ...facts.unmeasured.map((one) => assessUnmeasured(plan, one)),
  ].sort(bySeverity);
}

function assessUnmeasured(plan: Plan, { what, reason, notUtf8 }: Unmeasured): AssessmentFinding {
  const known = Object.hasOwn(plan.entities, what);
  const place = { entity: known ? what : null, path: known ? `entities.${what}` : '' };
  return notUtf8
    ? {
        name: 'text-not-utf8',
        severity: 'blocks',
        ...place,
        evidence: `${what} has texts that are not UTF-8, which no item can hold: ${reason}`,
        remedy:
          "Rewrite them, if they are LATIN1 as UPDATE … SET column = convert_from(convert(convert_to(column, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII'), or list the column in `omit`",
      }
    : {
        name: 'unmeasured',
        severity: 'warns',
        ...place,
        evidence: `${what} was not measured: ${reason}`,
        remedy: 'Check again over postgres://, which has no 45 s limit per call, or on a replica',
      };
}
