import type { StatementFacts } from './facts.ts';
import type { AssessmentFinding } from './finding.ts';

/** Limit on characters of SQL in one Data API call. */
const MOST = 65_536;

/** Findings for statements that exceed the length that the Data API accepts. */
export function assessStatements(facts: readonly StatementFacts[]): readonly AssessmentFinding[] {
  return facts.flatMap(({ entity, characters }): readonly AssessmentFinding[] =>
    characters <= MOST
      ? []
      : [
          {
            name: 'table-too-wide',
            severity: 'blocks',
            entity,
            path: `entities.${entity}`,
            evidence: `a statement that names all columns takes ${characters} characters, and the Data API accepts ${MOST}`,
            remedy: 'List unused columns in `omit`, or split the table',
          },
        ],
  );
}
