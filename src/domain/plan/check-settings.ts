import type { Catalogue } from '../catalogue.ts';
import type { Finding } from './finding.ts';
import { suggestion } from './nearest.ts';
import type { Plan } from './plan.ts';
import { findColumn, findTable } from './tables.ts';

/** What stands beside the entities: sign-in, stages, indexes. */
export function checkSettings(plan: Plan, catalogue: Catalogue): readonly Finding[] {
  return [...checkAuth(plan, catalogue), ...checkStages(plan), ...checkNames(plan)];
}

function checkAuth({ auth }: Plan, catalogue: Catalogue): readonly Finding[] {
  if (auth === undefined) return [];
  const table = findTable(catalogue, auth.from);
  if (table === null)
    return [
      blocks(
        'table-unknown',
        'auth.from',
        `there is no table ${auth.from}`,
        suggestion(auth.from, Object.keys(catalogue.tables), 'table'),
      ),
    ];
  return (['username', 'email', 'passwordHash'] as const)
    .filter((setting) => findColumn(table, auth[setting]) === null)
    .map((setting) =>
      blocks(
        'column-unknown',
        `auth.${setting}`,
        `${table.name} has no column ${auth[setting]}`,
        suggestion(
          auth[setting],
          table.columns.map(({ name }) => name),
          'column',
        ),
      ),
    );
}

/** No stage is skipped and none is missing (RACE 48). */
function checkStages({ cutover: { stages } }: Plan): readonly Finding[] {
  const rising = stages.every((stage, at) => at === 0 || stage > (stages[at - 1] ?? 0));
  return rising && stages.at(-1) === 100
    ? []
    : [
        blocks(
          'stages-order',
          'cutover.stages',
          `the stages are ${stages.join(', ')}`,
          'Let them rise and end with 100',
        ),
      ];
}

function checkNames({ table, entities }: Plan): readonly Finding[] {
  const twice = table.indexes.filter((index, at) => table.indexes.indexOf(index) !== at);
  const used = new Set(Object.values(entities).flatMap(({ indexes }) => Object.keys(indexes)));
  return [
    ...twice.map((index) => blocks('index-twice', 'table.indexes', `${index} is listed twice`, 'Take one out')),
    ...table.indexes
      .filter((index) => !used.has(index))
      .map((index): Finding => ({
        ...blocks(
          'index-unused',
          'table.indexes',
          `no entity has keys in ${index}`,
          'Take it out of the list, it costs capacity',
        ),
        severity: 'warns',
      })),
    ...table.indexes
      .filter((index) => !/^[A-Za-z0-9_.-]{3,255}$/.test(index))
      .map((index) =>
        blocks(
          'index-name',
          'table.indexes',
          `${index} is no name that DynamoDB takes`,
          'Use 3 to 255 letters, digits, _ . -',
        ),
      ),
  ];
}

function blocks(name: string, path: string, evidence: string, remedy: string): Finding {
  return { name, severity: 'blocks', entity: null, path, evidence, remedy };
}
