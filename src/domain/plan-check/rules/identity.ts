import { finding, type PlanFinding, type Subject } from './finding.ts';
import { looseEquality } from '../../catalogue/collation.ts';
import { findColumn, identityOf } from '../../catalogue/tables.ts';

/** Checks the identity of rows: the primary key, or columns that the plan chooses, which must be NOT NULL and unique. */
export function checkIdentity(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  const identity = identityOf(table, entity.identity);
  if (identity.length === 0)
    return [
      finding(
        subject,
        'blocks',
        'identity-missing',
        '',
        `${table.name} has no primary key that orders writes (deferrable ones do not)`,
        'Add a primary key, or list in `identity` the NOT NULL columns that identify a row',
      ),
    ];
  const nullable = identity.flatMap((name, at): readonly PlanFinding[] => {
    const column = findColumn(table, name);
    const loose = column === null ? null : looseEquality(column);
    if (loose !== null)
      return [
        finding(
          subject,
          'blocks',
          'identity-collation',
          `identity.${at}`,
          `${name}: ${loose}, so that one row has several identities`,
          `Choose another key by \`identity\`, or compare bytes: ALTER TABLE ${quoted(table.schema)}.${quoted(table.name)} ALTER COLUMN ${quoted(name)} TYPE text COLLATE "C"`,
        ),
      ];
    if (column === null || column.notNull) return [];
    return [
      finding(
        subject,
        'blocks',
        'identity-nullable',
        `identity.${at}`,
        `${name} may be NULL`,
        'Declare the column NOT NULL, or choose others',
      ),
    ];
  });
  const known = [table.primaryKey, ...table.uniqueKeys].some(
    (key) => key.length > 0 && key.every((name) => identity.includes(name)),
  );
  return known
    ? nullable
    : [
        ...nullable,
        finding(
          subject,
          'blocks',
          'identity-not-unique',
          'identity',
          `no unique key of ${table.name} lies within ${identity.join(', ')}`,
          'Add a unique index on these columns: without it two rows could become one item',
        ),
      ];
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
