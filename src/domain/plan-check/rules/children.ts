import { finding, type PlanFinding, type Subject } from './finding.ts';

/** Rows of inheritance children move as rows of their parent; columns that only a child has would be left behind unseen. */
export function checkChildren(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  return (table.childColumns ?? []).map((column) =>
    entity.omit.includes(column)
      ? finding(
          subject,
          'informs',
          'column-omitted',
          'omit',
          `${column} stays behind`,
          'Its values are gone with the source',
        )
      : finding(
          subject,
          'blocks',
          'child-column',
          '',
          `${column} is a column that ${table.name} does not have`,
          `Add the column to ${table.name}, or list ${JSON.stringify(column)} in \`omit\``,
        ),
  );
}
