import { finding, type PlanFinding, type Subject } from './finding.ts';
import { ADD_KEY, columnObstacle, identityObstacle } from '../../mapping/keys/identity-obstacles.ts';
import { looseEquality } from '../../catalogue/collation.ts';
import { findColumn, identityOf } from '../../catalogue/tables.ts';

/** Checks the identity of rows: the primary key, or columns that the plan chooses, which must be NOT NULL and unique. */
export function checkIdentity(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  const identity = identityOf(table, entity.identity);
  const [foreign] = table.foreignLeaves ?? [];
  if (foreign !== undefined)
    return [
      finding(
        subject,
        'blocks',
        'partition-foreign',
        '',
        `${foreign} holds rows of ${table.name} and is a foreign table: writes on its own server would go unseen`,
        `Detach it, or put an ordinary table with its rows in its place${table.primaryKey.length > 0 ? '' : `, and give ${table.name} a primary key`}; or exclude ${table.name}`,
      ),
    ];
  if (identity.length === 0) {
    const obstacle = identityObstacle(table);
    return [
      finding(
        subject,
        'blocks',
        'identity-missing',
        '',
        obstacle === null
          ? `${table.name} has no primary key`
          : `${table.name} has no primary key that can identify its rows: ${obstacle.evidence}`,
        obstacle?.remedy ?? ADD_KEY,
      ),
    ];
  }
  const columns = identity.flatMap((name, at): readonly PlanFinding[] => {
    const column = findColumn(table, name);
    if (column === null) return [];
    const place = `identity.${at}`;
    const obstacle = columnObstacle(table, name);
    return [
      ...(obstacle === null
        ? []
        : [
            looseEquality(column) === null
              ? finding(subject, 'blocks', 'identity-type', place, obstacle.evidence, obstacle.remedy)
              : finding(subject, 'blocks', 'identity-collation', place, obstacle.evidence, obstacle.remedy),
          ]),
      ...(column.notNull
        ? []
        : [
            finding(
              subject,
              'blocks',
              'identity-nullable',
              place,
              `${name} may be NULL`,
              'Declare the column NOT NULL, or choose others',
            ),
          ]),
    ];
  });
  const known = [table.primaryKey, ...table.uniqueKeys].some(
    (key) => key.length > 0 && key.every((name) => identity.includes(name)),
  );
  return known
    ? columns
    : [
        ...columns,
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
