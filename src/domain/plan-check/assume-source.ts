import type { Catalogue, CatalogueColumn, CatalogueTable } from '../catalogue/catalogue.ts';
import { parseTemplate, valuesOf } from '../mapping/keys/template.ts';
import { planFindings } from './check.ts';
import type { PlanFinding } from './rules/finding.ts';
import type { EntityPlan, Plan } from '../plan/plan.ts';
import { uniqueRulesOf } from '../plan/unique-rules.ts';

/** Findings that depend on the plan file alone, not on the types and keys of the source. */
const FROM_THE_FILE = new Set([
  'attribute-taken',
  'entity-reserved',
  'entity-unknown',
  'identity-differs',
  'index-many',
  'index-name',
  'index-twice',
  'index-unknown',
  'index-unused',
  'key-entity',
  'large-in-key',
  'omitted-used',
  'pattern-incomplete',
  'pattern-next',
  'pattern-partition',
  'pattern-prefix',
  'schema-name',
  'size-over-item',
  'stages-order',
  'table-twice',
  'template-malformed',
  'unique-name',
  'where-overlaps',
]);

/** Checks a plan without its source: against an assumed source that has everything that the plan names. */
export function findingsWithoutSource(plan: Plan): readonly PlanFinding[] {
  return planFindings(plan, assumed(plan)).filter(({ name }) => FROM_THE_FILE.has(name));
}

function assumed(plan: Plan): Catalogue {
  const named = new Map<string, Set<string>>();
  const columnsOf = (table: string): Set<string> => {
    const columns = named.get(table) ?? new Set<string>();
    named.set(table, columns);
    return columns;
  };
  for (const table of Object.keys(plan.exclude)) columnsOf(table);
  for (const entity of Object.values(plan.entities))
    for (const column of columnsIn(entity)) columnsOf(entity.from).add(column);
  const tables = [...named].map(([name, columns]): [string, CatalogueTable] => [
    name,
    {
      schema: plan.source.schema,
      name,
      leaves: [`${plan.source.schema}.${name}`],
      columns: [...columns].map(column),
      primaryKey: [],
      uniqueKeys: [],
      foreignKeys: [],
    },
  ]);
  return { tables: Object.fromEntries(tables), fingerprint: '' };
}

function columnsIn(entity: EntityPlan): readonly string[] {
  const templates = [
    ...[entity.key, ...Object.values(entity.indexes)].flatMap(({ PK, SK }) => [PK, SK]),
    ...uniqueRulesOf(entity).map(({ key }) => key),
  ];
  const shown = templates.flatMap((text) => {
    const parsed = parseTemplate(text);
    return parsed.ok ? valuesOf(parsed.segments).map(({ path }) => path) : [];
  });
  const conditions = [
    entity.where,
    ...Object.values(entity.indexes).map(({ when }) => when),
    ...uniqueRulesOf(entity).map(({ when }) => when),
  ];
  return [
    ...shown,
    ...conditions.flatMap((constants) => Object.keys(constants ?? {})),
    ...Object.keys(entity.rename),
    ...Object.keys(entity.large),
    ...entity.omit,
  ];
}

function column(name: string): CatalogueColumn {
  return {
    name,
    type: 'text',
    typeSchema: 'pg_catalog',
    kind: 'b',
    array: false,
    precision: null,
    scale: null,
    length: null,
    notNull: true,
    hasDefault: false,
    defaultExpression: null,
    generated: false,
  };
}
