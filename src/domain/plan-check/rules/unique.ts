import type { UniqueIndex } from '../../catalogue/catalogue.ts';
import { findColumn, identityOf, uniqueIndexesOf } from '../../catalogue/tables.ts';
import { type CanonicalCondition, conditionOf } from '../../mapping/conditions.ts';
import { keyObstacle, standsInKey } from '../../mapping/keys/key-obstacle.ts';
import { parseTemplate } from '../../mapping/keys/template.ts';
import { forbidsAll, sameColumns, shapeOfIndex, uniquePartsOf, type UniqueShape } from '../../mapping/unique-shape.ts';
import { conditionText, partName, ruleText, uniqueDifference } from '../../mapping/unique-text.ts';
import { uniqueRulesOf } from '../../plan/unique-rules.ts';
import { finding, type PlanFinding, type Severity, type Subject } from './finding.ts';
import { checkTemplate } from './templates.ts';

/** Checks the rules of `unique`, and that each plain unique index except the identity has one; else the target would accept rows that the source refuses (RACE-21). */
export function checkUnique(subject: Subject): readonly PlanFinding[] {
  const rules = shapesOf(subject);
  return [
    ...checkTemplates(subject),
    ...uniqueIndexesOf(subject.table)
      .filter(({ definition }) => definition === '')
      .flatMap((index) => checkIndex(subject, rules, index)),
    ...rules.flatMap((rule) => checkProof(subject, rule)),
  ];
}

/** Checks that each unique index that is partial, on expressions, deferrable or NULLS NOT DISTINCT has a rule of `unique`. */
export function checkUniqueIndexes(subject: Subject): readonly PlanFinding[] {
  const rules = shapesOf(subject);
  return (subject.table.uniqueIndexes ?? []).flatMap((index) => checkIndex(subject, rules, index));
}

interface NamedShape extends UniqueShape {
  readonly name: string;
}

/** The rules whose templates and conditions the source has columns for. */
function shapesOf({ entity, table }: Subject): readonly NamedShape[] {
  return uniqueRulesOf(entity).flatMap(({ name, key, when, nulls }): readonly NamedShape[] => {
    const parsed = parseTemplate(key);
    if (!parsed.ok) return [];
    const conditions = Object.entries(when).map(([column, condition]): [string, CanonicalCondition] => [
      column,
      conditionOf(table, column, condition) ?? null,
    ]);
    return [{ name, parts: uniquePartsOf(parsed.segments), when: Object.fromEntries(conditions), nulls }];
  });
}

function checkTemplates(subject: Subject): readonly PlanFinding[] {
  return uniqueRulesOf(subject.entity).flatMap(({ name, key }): readonly PlanFinding[] => {
    const at = `unique.${name}`;
    const { findings, values } = checkTemplate(subject, at, 'PK', key);
    const path = values.find(({ followed }) => followed.hops.length > 0)?.path;
    return [
      ...(name.includes('#')
        ? [finding(subject, 'blocks', 'unique-name', at, 'the name holds #', 'Choose another name')]
        : []),
      ...findings,
      ...(path === undefined
        ? []
        : [
            finding(
              subject,
              'blocks',
              'follow-in-unique',
              at,
              `{${path}} follows a foreign key`,
              'Only index keys may follow foreign keys',
            ),
          ]),
    ];
  });
}

function checkIndex(subject: Subject, rules: readonly NamedShape[], index: UniqueIndex): readonly PlanFinding[] {
  const { entity, table } = subject;
  const say = (severity: Severity, name: string, at: string, evidence: string, remedy: string) => [
    finding(subject, severity, name, at, evidence, remedy),
  ];
  const named = index.name === '' ? '' : `${index.name}: `;
  const shape = shapeOfIndex(table, index);
  if (shape === null)
    return say(
      'warns',
      'unique-conditional',
      'unique',
      `${named}${index.definition.replaceAll(/\s+/g, ' ')}`,
      `A rule of \`unique\` has columns, |lower, and conditions that compare columns with constants by =, <>, IN or IS NULL. Let generated columns hold the rest, which the application computes once PostgreSQL is gone. Adding them rewrites the table, under a lock that keeps readers and writers out, and ON CONFLICT has to name them in place of the expressions: ${index.rewrite ?? 'add a column with a unique index'}`,
    );
  const identity = { parts: identityOf(table, entity.identity).map(asPart), when: {}, nulls: 'distinct' as const };
  if (identity.parts.length > 0 && forbidsAll(table, identity, shape)) return [];
  const alike = rules.filter((rule) => sameColumns(rule, shape));
  if (alike.some((rule) => forbidsAll(table, rule, shape))) return [];
  const obstacles = shape.parts.flatMap(({ column }) => obstacleOf(subject, column) ?? []);
  if (obstacles.length > 0) {
    // The catalogue describes an index of columns that no key can hold a second time, with its name.
    if (
      index.definition === '' &&
      index.key !== null &&
      !standsInKey(
        table,
        index.key.map(({ column }) => column),
      )
    )
      return [];
    const way =
      index.rewrite === undefined
        ? 'let the application check it once PostgreSQL is gone, or keep the value as text of one form in a column with a unique index'
        : `let a generated column hold it, which the application computes once PostgreSQL is gone: ${index.rewrite}`;
    return say(
      'warns',
      'unique-conditional',
      'unique',
      `${named}${shape.parts.map(partName).join(', ')} is unique in PostgreSQL, and no rule can keep it: ${obstacles.join('; ')}`,
      `Without a rule DynamoDB takes what PostgreSQL refuses: ${way}`,
    );
  }
  const differences = alike.map((rule) => `; unique.${rule.name} ${uniqueDifference(rule, shape)}`);
  const only = Object.keys(shape.when).length === 0 ? '' : ` where ${conditionText(shape.when)}`;
  return say(
    'blocks',
    'unique-missing',
    'unique',
    `${named}${shape.parts.map(partName).join(', ')} is unique in PostgreSQL${only}${shape.nulls === 'same' ? ', NULL being a value' : ''}${differences.join('')}`,
    `${alike.length === 0 ? 'Add' : 'Write'} "unique": { ${JSON.stringify(alike[0]?.name ?? shape.parts.map(({ column }) => column).join('_'))}: ${ruleText(shape.parts, index.when ?? {}, shape.nulls)} }`,
  );
}

/** Says where the plan forbids what PostgreSQL allows. */
function checkProof(subject: Subject, rule: NamedShape): readonly PlanFinding[] {
  const { table, entity } = subject;
  const identity: UniqueShape = {
    parts: identityOf(table, entity.identity).map(asPart),
    when: {},
    nulls: 'distinct',
  };
  const indexes = [identity, ...uniqueIndexesOf(table).flatMap((index) => shapeOfIndex(table, index) ?? [])];
  if (indexes.some((index) => index.parts.length > 0 && forbidsAll(table, index, rule))) return [];
  const weaker = indexes.find((index) => sameColumns(rule, index) && forbidsAll(table, rule, index));
  const columns = rule.parts.map(({ column }) => column).join(', ');
  return [
    weaker === undefined
      ? finding(
          subject,
          'warns',
          'unique-unproven',
          `unique.${rule.name}`,
          `no unique index of PostgreSQL keeps ${columns === '' ? 'a single row' : `${columns} unique`}${Object.keys(rule.when).length === 0 ? '' : ` where ${conditionText(rule.when)}`}`,
          'Two rows with the same value cannot both be migrated: check that there are none',
        )
      : finding(
          subject,
          'warns',
          'unique-stricter',
          `unique.${rule.name}`,
          `${columns} is unique in PostgreSQL too, but the rule ${uniqueDifference(rule, weaker)}`,
          'Two rows that differ only in this cannot both be migrated: check that there are none',
        ),
  ];
}

/** Why a rule of this plan cannot hold the column, or null if it can. */
function obstacleOf({ entity, table }: Subject, name: string): string | null {
  const column = findColumn(table, name);
  const obstacle = column === null ? null : keyObstacle(column);
  if (obstacle !== null) return `${name}: ${obstacle}`;
  if (entity.omit.includes(name)) return `${name} is omitted`;
  return Object.hasOwn(entity.large, name) ? `${name} is a large column` : null;
}

function asPart(column: string): UniqueShape['parts'][number] {
  return { column, lower: false };
}
