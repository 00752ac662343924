import { finding, type PlanFinding, type Subject } from './finding.ts';
import { ownProperty } from '../../catalogue/tables.ts';

/** Counters are kept per column, so that columns which drew from one sequence may come to hold the same number. */
export function checkSequences(subjects: readonly Subject[]): readonly PlanFinding[] {
  const users = subjects.flatMap((subject) =>
    subject.table.columns.flatMap(({ name: column, defaultExpression }) =>
      ownProperty(subject.entity.defaults, column) === 'counter' && /^nextval\(/i.test(defaultExpression ?? '')
        ? [{ subject, column, sequence: defaultExpression }]
        : [],
    ),
  );
  return users.flatMap(({ subject, column, sequence }): readonly PlanFinding[] => {
    const others = users.filter(
      (user) => user.sequence === sequence && (user.subject.table !== subject.table || user.column !== column),
    );
    const named = [...new Set(others.map((other) => `${other.subject.table.name}.${other.column}`))];
    if (named.length === 0) return [];
    return [
      finding(
        subject,
        'warns',
        'sequence-shared',
        `defaults.${column}`,
        `${subject.table.name}.${column} and ${named.join(', ')} take their numbers from one sequence, and get a counter each`,
        'Numbers stay unique within a table only: if they have to be among all of them, let the application make the value, or use "uuid"',
      ),
    ];
  });
}
