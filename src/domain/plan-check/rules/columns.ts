import { toCanonical } from '../../mapping/values/to-canonical.ts';
import { type Condition, constantsIn } from '../../catalogue/condition.ts';
import { expiryOf } from '../../mapping/values/expiry.ts';
import { columnType } from '../../mapping/values/types.ts';
import { columnNames, finding, type PlanFinding, type Subject } from './finding.ts';
import { looseEquality } from '../../catalogue/collation.ts';
import { didYouMean } from './did-you-mean.ts';
import { uniqueRulesOf } from '../../plan/unique-rules.ts';
import { findColumn } from '../../catalogue/tables.ts';
import { ownProperty } from '../../own-property.ts';

const DEFAULTS =
  'State in `defaults` how the value is generated once PostgreSQL is gone: "uuid", "now", "counter" or { "constant": … }';

/** Checks that every column that the plan names exists, and that its type allows the use. */
export function checkColumns(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  const names = columnNames(table);
  const named: readonly (readonly [string, string])[] = [
    ...(entity.identity ?? []).map((column, at) => [`identity.${at}`, column] as const),
    ...Object.keys(entity.where ?? {}).map((column) => [`where.${column}`, column] as const),
    ...Object.entries(entity.indexes).flatMap(([index, { when }]) =>
      Object.keys(when ?? {}).map((column) => [`indexes.${index}.when.${column}`, column] as const),
    ),
    ...uniqueRulesOf(entity).flatMap(({ name, when }) =>
      Object.keys(when).map((column) => [`unique.${name}.when.${column}`, column] as const),
    ),
    ...Object.keys(entity.rename).map((column) => [`rename.${column}`, column] as const),
    ...entity.omit
      .filter((column) => table.childColumns?.includes(column) !== true)
      .map((column, at) => [`omit.${at}`, column] as const),
    ...entity.immutable.map((column, at) => [`immutable.${at}`, column] as const),
    ...Object.keys(entity.large).map((column) => [`large.${column}`, column] as const),
    ...entity.maps.map((column, at) => [`maps.${at}`, column] as const),
    ...Object.keys(entity.defaults).map((column) => [`defaults.${column}`, column] as const),
    ...(entity.shard === undefined ? [] : [['shard.by', entity.shard.by] as const]),
    ...(entity.expires === undefined ? [] : [['expires', entity.expires] as const]),
  ];
  const unknown = named.filter(([, column]) => findColumn(table, column) === null);
  return [
    ...unknown.map(([at, column]) =>
      finding(
        subject,
        'blocks',
        'column-unknown',
        at,
        `${table.name} has no column ${column}`,
        didYouMean(column, names, 'column'),
      ),
    ),
    ...checkConditions(subject),
    ...checkLarge(subject),
    ...checkMaps(subject),
    ...checkDefaults(subject),
    ...checkExpires(subject),
  ];
}

/** Checks that `where` and `when` compare a column with constants of its type. */
function checkConditions(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  const conditions: readonly (readonly [string, Readonly<Record<string, Condition>>])[] = [
    ['where', entity.where ?? {}],
    ...Object.entries(entity.indexes).map(([index, { when }]) => [`indexes.${index}.when`, when ?? {}] as const),
    ...uniqueRulesOf(entity).map(({ name, when }) => [`unique.${name}.when`, when] as const),
  ];
  return conditions.flatMap(([at, constants]) =>
    Object.entries(constants).flatMap(([name, condition]): readonly PlanFinding[] => {
      const column = findColumn(table, name);
      if (column === null) return [];
      const path = `${at}.${name}`;
      if (Object.hasOwn(entity.large, name))
        return [
          finding(
            subject,
            'blocks',
            'condition-large',
            path,
            `${name} is a large column`,
            'Compare a column that is never stored in S3',
          ),
        ];
      if (entity.omit.includes(name) && at !== 'where')
        return [
          finding(
            subject,
            'blocks',
            'omitted-used',
            path,
            `${name} is omitted`,
            'Keep the column, or compare another one',
          ),
        ];
      const { either, other } = constantsIn(condition);
      const compared = (either ?? other).filter((constant) => constant !== null);
      const loose = compared.length === 0 ? null : looseEquality(column);
      if (loose !== null)
        return [
          finding(
            subject,
            'blocks',
            'condition-collation',
            path,
            `${name}: ${loose}, and a condition compares bytes`,
            'Compare another column, such as a boolean one',
          ),
        ];
      const foreign = compared.find((constant) => toCanonical(columnType(column))(constant) === null);
      if (foreign === undefined) return [];
      return [
        finding(
          subject,
          'blocks',
          'condition-type',
          path,
          `${JSON.stringify(foreign)} is not a value of type ${column.type}`,
          'Compare the column with a value of its type',
        ),
      ];
    }),
  );
}

function checkLarge(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  return Object.keys(entity.large).flatMap((name): readonly PlanFinding[] => {
    const column = findColumn(table, name);
    if (column === null) return [];
    const { kind, array } = columnType(column);
    const at = `large.${name}`;
    if (entity.omit.includes(name))
      return [finding(subject, 'blocks', 'omitted-used', at, `${name} is omitted and large`, 'Choose one of the two')];
    if ((kind === 'text' || kind === 'bytes') && !array) return [];
    return [
      finding(
        subject,
        'blocks',
        'large-type',
        at,
        `${name} is ${column.type}${array ? '[]' : ''}`,
        'Only text and bytea can be stored in S3',
      ),
    ];
  });
}

function checkMaps(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  return entity.maps.flatMap((name, at): readonly PlanFinding[] => {
    const column = findColumn(table, name);
    if (column === null || (column.type === 'jsonb' && !column.array)) return [];
    return [
      finding(
        subject,
        'blocks',
        'maps-type',
        `maps.${at}`,
        `${name} is ${column.type}${column.array ? '[]' : ''}`,
        'Only jsonb becomes a map; take the column out of `maps`',
      ),
    ];
  });
}

/** Checks the rules for generated values: in each mode, one place generates them (RACE-47). */
function checkDefaults(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  return table.columns.flatMap((column): readonly PlanFinding[] => {
    const rule = ownProperty(entity.defaults, column.name);
    const at = `defaults.${column.name}`;
    // What does not move needs no rule.
    if (rule === undefined && entity.omit.includes(column.name)) return [];
    if (column.generated)
      return rule === undefined
        ? [
            finding(
              subject,
              'warns',
              'column-generated',
              '',
              `${column.name} is computed by PostgreSQL`,
              'Let the application compute it before the source is gone',
            ),
          ]
        : [
            finding(
              subject,
              'blocks',
              'default-generated',
              at,
              `${column.name} is computed by PostgreSQL`,
              'Remove the rule',
            ),
          ];
    if (rule === undefined)
      return column.hasDefault
        ? [
            finding(
              subject,
              'warns',
              'default-missing',
              '',
              `${column.name} has a default: ${column.defaultExpression ?? ''}`,
              DEFAULTS,
            ),
          ]
        : [];
    const { kind, array } = columnType(column);
    const fits =
      (rule === 'uuid' && (kind === 'uuid' || kind === 'text') && !array) ||
      (isNow(rule) && (kind === 'timestamptz' || kind === 'timestamp' || kind === 'date') && !array) ||
      (rule === 'counter' && (kind === 'integer' || kind === 'decimal') && !array) ||
      (typeof rule === 'object' &&
        'constant' in rule &&
        (rule.constant === null || toCanonical(columnType(column))(rule.constant) !== null));
    return fits
      ? []
      : [
          finding(
            subject,
            'blocks',
            'default-type',
            at,
            `${column.name} is ${column.type}`,
            'Use a rule that generates values of this type',
          ),
        ];
  });
}

/** The time of the write, or a fixed span from it. */
function isNow(rule: Subject['entity']['defaults'][string]): boolean {
  return rule === 'now' || (typeof rule === 'object' && 'now' in rule);
}

/** Reports columns used for expiry, because DynamoDB deletes expired items without asking. */
function checkExpires(subject: Subject): readonly PlanFinding[] {
  const { entity, table } = subject;
  const column = entity.expires === undefined ? null : findColumn(table, entity.expires);
  if (column === null) return [];
  if (entity.omit.includes(column.name))
    return [
      finding(
        subject,
        'blocks',
        'omitted-used',
        'expires',
        `${column.name} is omitted`,
        'Keep the column, or remove `expires`',
      ),
    ];
  const type = columnType(column);
  if (expiryOf(type) === null)
    return [
      finding(
        subject,
        'blocks',
        'expires-type',
        'expires',
        `${column.name} is ${column.type}${column.array ? '[]' : ''}, which is not a date or timestamp`,
        'Use a column of type timestamptz, timestamp or date',
      ),
    ];
  return [
    finding(
      subject,
      'informs',
      'expires',
      'expires',
      `once PostgreSQL is gone, DynamoDB deletes rows whose ${column.name} has passed${type.kind === 'timestamptz' ? '' : ', taken as UTC'}`,
      'Nothing to do if this is intended; until then no row is deleted',
    ),
  ];
}
