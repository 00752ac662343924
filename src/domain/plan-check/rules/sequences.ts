import { finding, type PlanFinding, type Subject } from './finding.ts';
import { ownProperty } from '../../own-property.ts';

/** Warns about columns that share a sequence: counters are per table and column, so the columns may get the same numbers. */
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
        `${subject.table.name}.${column} and ${named.join(', ')} share one sequence in PostgreSQL but get separate counters`,
        'Numbers are unique only within each table: if they must be unique across tables, let the application generate the value, or use "uuid"',
      ),
    ];
  });
}
