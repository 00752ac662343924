import type { PlanFinding } from '../plan-check/rules/finding.ts';
import type { StatementFacts } from './facts.ts';

/** Characters of SQL that one call of the Data API takes. */
const MOST = 65_536;

export function assessStatements(facts: readonly StatementFacts[]): readonly PlanFinding[] {
  return facts.flatMap(({ entity, characters }): readonly PlanFinding[] =>
    characters <= MOST
      ? []
      : [
          {
            name: 'table-too-wide',
            severity: 'blocks',
            entity,
            path: `entities.${entity}`,
            evidence: `a statement that names all columns takes ${characters} characters, and the Data API takes ${MOST}`,
            remedy: 'Name columns that nobody reads in `omit`, or split the table',
          },
        ],
  );
}
