import { fitsDynamoNumbers } from '../../mapping/values/dynamo-number.ts';
import { columnType, maxDigits } from '../../mapping/values/types.ts';
import { RESERVED_ATTRIBUTES } from '../../mapping/items/reserved-attributes.ts';
import { finding, type PlanFinding, type Subject } from './finding.ts';
import { ownProperty } from '../../own-property.ts';

/** Checks that no two columns use the same attribute, and reports columns that are omitted or stored as text. */
export function checkAttributes(subject: Subject): readonly PlanFinding[] {
  const { plan, entity, table } = subject;
  const reserved = new Set([
    ...RESERVED_ATTRIBUTES,
    '__proto__',
    ...plan.table.indexes.flatMap((index) => [`${index}PK`, `${index}SK`]),
  ]);
  const owners = new Map<string, string>();
  const findings: PlanFinding[] = [];
  const claim = (attribute: string, owner: string, at: string): void => {
    const other = owners.get(attribute) ?? (reserved.has(attribute) ? 'the system' : null);
    if (other !== null)
      findings.push(
        finding(
          subject,
          'blocks',
          'attribute-taken',
          at,
          `${owner} would become attribute ${attribute}, which belongs to ${other}`,
          'Give the column another name in `rename`',
        ),
      );
    owners.set(attribute, owner);
  };
  for (const column of table.columns) {
    if (entity.omit.includes(column.name)) {
      findings.push(
        finding(
          subject,
          'informs',
          'column-omitted',
          'omit',
          `${column.name} is not migrated`,
          'Its values are lost when the source is deleted',
        ),
      );
      continue;
    }
    if (column.name === '__proto__')
      findings.push(
        finding(
          subject,
          'blocks',
          'column-name',
          '',
          '__proto__ sets the prototype of a JavaScript object, so a row object cannot have a column of that name',
          'Rename the column in PostgreSQL before the migration, or list it in `omit`',
        ),
      );
    claim(
      ownProperty(entity.rename, column.name) ?? column.name,
      column.name,
      ownProperty(entity.rename, column.name) === undefined ? '' : `rename.${column.name}`,
    );
    findings.push(...checkForm(subject, column.name));
  }
  for (const [column, { pointer, length }] of Object.entries(entity.large)) {
    claim(pointer, `the pointer of ${column}`, `large.${column}.pointer`);
    claim(length ?? `${column}Bytes`, `the length of ${column}`, `large.${column}.length`);
  }
  return findings;
}

function checkForm(subject: Subject, name: string): readonly PlanFinding[] {
  const column = subject.table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) return [];
  const type = columnType(column);
  const { kind } = type;
  if (kind === 'decimal' && !fitsDynamoNumbers(type))
    return [
      finding(
        subject,
        'informs',
        'number-as-text',
        '',
        `${name}: numbers with redundant zeros are stored as text, and those beyond DynamoDB's (${maxDigits} digits) are refused`,
        'Declare numeric(p,s) with at most 38 digits to store numbers',
      ),
    ];
  if (column.type.startsWith('reg') && column.typeSchema === 'pg_catalog')
    return [
      finding(
        subject,
        'blocks',
        'type-unfaithful',
        '',
        `${name} is ${column.type}, a reference into the catalogue of this one database`,
        'Change the column to text, or list it in `omit`',
      ),
    ];
  if (kind === 'float')
    return [
      finding(
        subject,
        'informs',
        'number-as-text',
        '',
        `${name}: NaN, infinity, -0 and numbers with an exponent are stored as text`,
        'Nothing to do if readers expect it',
      ),
    ];
  if (column.type === 'oid' && column.typeSchema === 'pg_catalog')
    return [
      finding(
        subject,
        'warns',
        'type-oid',
        '',
        `${name} is oid: if it refers to a large object, only the number is migrated`,
        'Copy large objects into a bytea column that is `large`',
      ),
    ];
  if (column.type === 'money')
    return [
      finding(
        subject,
        'warns',
        'type-locale',
        '',
        `${name} is money, whose text depends on the server's locale; it is stored as under lc_monetary C, \`$1,234.56\``,
        'Change it to numeric before the migration',
      ),
    ];
  if (kind === 'other')
    return [
      finding(
        subject,
        'informs',
        'type-as-text',
        '',
        `${name} (${column.type}) is stored as PostgreSQL's text`,
        'Nothing to do if readers expect it',
      ),
    ];
  return [];
}
