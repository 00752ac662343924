import { parseTemplate, type Segment } from '../../mapping/keys/template.ts';
import { textInKey } from './key.ts';
import { finding, type PlanFinding, type Subject } from './finding.ts';
import type { Hop } from '../../catalogue/follow.ts';
import { findColumn } from '../../catalogue/tables.ts';
import { didYouMean } from './did-you-mean.ts';
import type { EntityPlan } from '../../plan/plan.ts';
import { checkTemplate, type TemplateValue } from './templates.ts';

/** Checks index keys. They may be NULL (the row is not in that index) and may follow foreign keys to columns that never change. */
export function checkIndexes(subject: Subject): readonly PlanFinding[] {
  const { indexes } = subject.plan.table;
  return Object.entries(subject.entity.indexes).flatMap(([index, templates]) => {
    const place = `indexes.${index}`;
    const findings: PlanFinding[] = [];
    if (!indexes.includes(index))
      findings.push(
        finding(
          subject,
          'blocks',
          'index-unknown',
          place,
          `the table has no index ${index}`,
          didYouMean(index, indexes, 'index'),
        ),
      );
    for (const position of ['PK', 'SK'] as const) {
      const at = `${place}.${position}`;
      const { findings: own, values, segments } = checkTemplate(subject, at, position, templates[position]);
      findings.push(...own, ...values.flatMap((value) => checkValue(subject, at, value, segments)));
    }
    return findings;
  });
}

function checkValue(
  subject: Subject,
  at: string,
  value: TemplateValue,
  segments: readonly Segment[],
): readonly PlanFinding[] {
  const { path, column, followed } = value;
  const mutable = checkFollowed(subject, at, value);
  const nullable =
    !column.notNull ||
    followed.hops.some(({ from, column: step }) => from.columns.some(({ name, notNull }) => name === step && !notNull));
  const absent = nullable
    ? [
        finding(
          subject,
          'informs',
          'index-nullable',
          at,
          `rows whose ${path} is NULL are not in this index`,
          'Nothing to do if this is intended',
        ),
      ]
    : [];
  return [...mutable, ...absent, ...textInKey(subject, at, path, column, segments)];
}

/** A change in a followed row would have to rewrite the keys of all rows that follow it (RACE-37). */
function checkFollowed(
  subject: Subject,
  at: string,
  { path, column, followed }: TemplateValue,
): readonly PlanFinding[] {
  return followed.hops.flatMap((step, hop): readonly PlanFinding[] => {
    const { to } = step;
    const read = followed.hops[hop + 1]?.column ?? column.name;
    const owners = Object.entries(subject.plan.entities).filter(([, { from }]) => from === to.name);
    if (owners.length === 0)
      return [
        finding(
          subject,
          'blocks',
          'follow-not-mapped',
          at,
          `{${path}} reads ${to.name}, which is not an entity`,
          `Map ${to.name}, or copy the column into the table`,
        ),
      ];
    const known = referenced(step);
    const unreachable = owners.filter(([, owner]) => !isReachable(owner, to, known));
    const mutable = owners.filter(([, owner]) => !owner.immutable.includes(read) && !isIdentity(to.primaryKey, read));
    return [
      ...unreachable.map(([owner, { key }]) =>
        finding(
          subject,
          'blocks',
          'follow-unreachable',
          at,
          `{${path}} provides ${known ?? 'nothing'} of a row of ${to.name}, but its key ${key.PK}, ${key.SK} needs other columns too: once PostgreSQL is gone the row could not be found`,
          `Let the base key of ${owner} hold no other column, add an index to ${owner} whose PK holds ${known ?? 'that column'} alone (without \`when\`, its SK of NOT NULL columns), or copy the column into the table`,
        ),
      ),
      ...mutable.map(([owner]) =>
        finding(
          subject,
          'blocks',
          'follow-mutable',
          at,
          `{${path}}: ${to.name}.${read} may change`,
          `List ${read} in \`immutable\` of ${owner} if it never does, or copy the column into the table`,
        ),
      ),
    ];
  });
}

/** True where the value of one column leads to the row: through its base key, or through an index that has every row. */
function isReachable({ key, indexes }: EntityPlan, table: Hop['to'], column: string | null): boolean {
  if (templatePaths(key).every((path) => path === column)) return true;
  return Object.values(indexes).some(({ PK, SK, when }) => {
    const paths = pathsOf(PK);
    const isComplete = pathsOf(SK).every((path) => findColumn(table, path)?.notNull === true);
    return (
      paths.length > 0 && paths.every((path) => path === column) && isComplete && Object.keys(when ?? {}).length === 0
    );
  });
}

/** The column of the parent whose value a hop's foreign key holds. */
function referenced({ from, column }: Hop): string | null {
  const key = from.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === column);
  return key?.references.columns[0] ?? null;
}

function templatePaths({ PK, SK }: EntityPlan['key']): readonly string[] {
  return [PK, SK].flatMap(pathsOf);
}

function pathsOf(template: string): readonly string[] {
  const parsed = parseTemplate(template);
  return parsed.ok ? parsed.segments.flatMap((segment) => (segment.kind === 'value' ? [segment.path] : [])) : [];
}

/** The column that a foreign key refers to cannot change under the rows that refer to it, except by a cascade. */
function isIdentity(primaryKey: readonly string[], column: string): boolean {
  return primaryKey.length === 1 && primaryKey[0] === column;
}
