import { finding, type PlanFinding, type Subject } from './finding.ts';
import { identityOf } from '../../catalogue/tables.ts';
import { checkTemplate } from './templates.ts';

/** Checks that each unique index except the identity has a uniqueness item; else the target would accept rows that the source refuses (RACE-21). */
export function checkUnique(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  const identity = identityOf(table, entity.identity);
  const findings: PlanFinding[] = [];
  const kept: { readonly columns: readonly string[]; readonly lower: boolean; readonly name: string }[] = [];
  for (const [name, text] of Object.entries(entity.unique)) {
    const at = `unique.${name}`;
    if (name.includes('#'))
      findings.push(finding(subject, 'blocks', 'unique-name', at, 'the name holds #', 'Choose another name'));
    const { findings: own, values } = checkTemplate(subject, at, 'PK', text);
    findings.push(...own);
    const path = values.find(({ followed }) => followed.hops.length > 0)?.path;
    if (path !== undefined)
      findings.push(
        finding(
          subject,
          'blocks',
          'follow-in-unique',
          at,
          `{${path}} follows a foreign key`,
          'Only index keys may follow foreign keys',
        ),
      );
    kept.push({ name, columns: values.map((value) => value.path), lower: values.some((value) => value.lower) });
  }
  for (const key of table.uniqueKeys) {
    const keeper = kept.find(
      ({ columns }) => columns.length === key.length && key.every((column) => columns.includes(column)),
    );
    if (keeper?.lower === true)
      findings.push(
        finding(
          subject,
          'warns',
          'unique-stricter',
          `unique.${keeper.name}`,
          `${key.join(', ')} is unique in PostgreSQL as written, but in the plan in lower case`,
          'Two rows that differ only in case cannot both be migrated: check that there are none',
        ),
      );
    if (keeper === undefined && !sameColumns(key, identity))
      findings.push(
        finding(
          subject,
          'blocks',
          'unique-missing',
          'unique',
          `${key.join(', ')} is unique in PostgreSQL`,
          `Add "unique": { ${JSON.stringify(key.join('_'))}: ${JSON.stringify(key.map((column) => `{${column}}`).join('#'))} }`,
        ),
      );
  }
  for (const { name, columns, lower } of kept) {
    const proven = [identity, ...table.uniqueKeys].some((key) => sameColumns(key, columns)) && !lower;
    if (!proven && columns.length > 0 && !(lower && table.uniqueKeys.some((key) => sameColumns(key, columns))))
      findings.push(
        finding(
          subject,
          'warns',
          'unique-unproven',
          `unique.${name}`,
          `no unique index of PostgreSQL keeps ${columns.join(', ')} unique`,
          'Two rows with the same value cannot both be migrated: check that there are none',
        ),
      );
  }
  return findings;
}

function sameColumns(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((column) => right.includes(column));
}
