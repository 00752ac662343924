import type { Catalogue } from '../../catalogue/catalogue.ts';
import { MAX_ITEM_BYTES } from '../../mapping/items/item-size.ts';
import type { PlanFinding } from './finding.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Plan } from '../../plan/plan.ts';
import { findColumn, findTable } from '../../catalogue/tables.ts';

/** Limit on global secondary indexes of one table. */
const MAX_INDEXES = 20;

/** Checks the settings outside the entities: sign-in, stages, indexes. */
export function checkSettings(plan: Plan, catalogue: Catalogue): readonly PlanFinding[] {
  return [...checkAuth(plan, catalogue), ...checkStages(plan), ...checkNames(plan), ...checkSizes(plan)];
}

function checkAuth({ auth }: Plan, catalogue: Catalogue): readonly PlanFinding[] {
  if (auth === undefined) return [];
  const table = findTable(catalogue, auth.from);
  if (table === null)
    return [
      blocks(
        'table-unknown',
        'auth.from',
        `there is no table ${auth.from}`,
        didYouMean(auth.from, Object.keys(catalogue.tables), 'table'),
      ),
    ];
  return (['username', 'email', 'passwordHash'] as const)
    .filter((setting) => findColumn(table, auth[setting]) === null)
    .map((setting) =>
      blocks(
        'column-unknown',
        `auth.${setting}`,
        `${table.name} has no column ${auth[setting]}`,
        didYouMean(
          auth[setting],
          table.columns.map(({ name }) => name),
          'column',
        ),
      ),
    );
}

/** Checks that the stages rise and end with 100 (RACE-48). */
function checkStages({ cutover: { stages } }: Plan): readonly PlanFinding[] {
  const rising = stages.every((stage, at) => at === 0 || stage > (stages[at - 1] ?? 0));
  return rising && stages.at(-1) === 100
    ? []
    : [
        blocks(
          'stages-order',
          'cutover.stages',
          `the stages are ${stages.join(', ')}`,
          'The stages must rise and end with 100',
        ),
      ];
}

function checkNames({ table, entities }: Plan): readonly PlanFinding[] {
  const twice = table.indexes.filter((index, at) => table.indexes.indexOf(index) !== at);
  const used = new Set(Object.values(entities).flatMap(({ indexes }) => Object.keys(indexes)));
  return [
    ...(table.indexes.length > MAX_INDEXES
      ? [
          blocks(
            'index-many',
            'table.indexes',
            `${table.indexes.length} indexes`,
            `A table has at most ${MAX_INDEXES}: let entities share them`,
          ),
        ]
      : []),
    ...twice.map((index) => blocks('index-twice', 'table.indexes', `${index} is listed twice`, 'Remove one')),
    ...table.indexes
      .filter((index) => !used.has(index))
      .map((index): PlanFinding => ({
        ...blocks(
          'index-unused',
          'table.indexes',
          `no entity has keys in ${index}`,
          'Remove it from the list, because it costs capacity',
        ),
        severity: 'warns',
      })),
    ...table.indexes
      .filter((index) => !/^[A-Za-z0-9_.-]{3,255}$/.test(index))
      .map((index) =>
        blocks(
          'index-name',
          'table.indexes',
          `${index} is not a valid DynamoDB index name`,
          'Use 3 to 255 letters, digits, _ . -',
        ),
      ),
  ];
}

/** Checks that a value below the limit for S3 fits into an item. */
function checkSizes({ sizes, entities, source }: Plan): readonly PlanFinding[] {
  const limits: readonly (readonly [string, number])[] = [
    ['sizes.maxInlineBytes', sizes.maxInlineBytes],
    ['sizes.alarmBytes', sizes.alarmBytes],
    ...Object.entries(entities).flatMap(([name, { large }]) =>
      Object.entries(large).map(([column, { over }]) => [`entities.${name}.large.${column}.over`, over ?? 0] as const),
    ),
  ];
  return [
    ...limits
      .filter(([, bytes]) => bytes >= MAX_ITEM_BYTES)
      .map(([path, bytes]) =>
        blocks(
          'size-over-item',
          path,
          `${bytes} bytes do not fit into an item of ${MAX_ITEM_BYTES}`,
          'Use a smaller number, 102400 for example',
        ),
      ),
    ...(source.schema.includes('.')
      ? [
          blocks(
            'schema-name',
            'source.schema',
            `the name ${source.schema} contains a dot, which separates schema and table in the changelog`,
            'Rename the schema before the migration',
          ),
        ]
      : []),
  ];
}

function blocks(name: string, path: string, evidence: string, remedy: string): PlanFinding {
  return { name, severity: 'blocks', entity: null, path, evidence, remedy };
}
