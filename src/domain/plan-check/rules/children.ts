import { finding, type PlanFinding, type Subject } from './finding.ts';

/** Rows of inheritance children are migrated as rows of their parent, so columns that only a child has would be lost silently. */
export function checkChildren(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  return (table.childColumns ?? []).map((column) =>
    entity.omit.includes(column)
      ? finding(
          subject,
          'informs',
          'column-omitted',
          'omit',
          `${column} is not migrated`,
          'Its values are lost when the source is deleted',
        )
      : finding(
          subject,
          'blocks',
          'child-column',
          '',
          `${column} is a column that ${table.name} does not have: its values would be lost`,
          `Add the column to ${table.name}, or list ${JSON.stringify(column)} in \`omit\` of ${subject.name}`,
        ),
  );
}
