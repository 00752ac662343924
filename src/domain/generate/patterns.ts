import { keyCondition, orderOf } from './describe.ts';
import type { ModuleModel, PathModel, PatternModel } from './model.ts';
import { comment, literal, property } from './names.ts';
import { sourceFile } from './source-file.ts';
import { valueType } from './value-type.ts';

/** `patterns.ts`: one function per access pattern of the plan. */
export function patternsFile({ plan, entities, patterns }: ModuleModel, portage: string): string {
  const imports = [
    { from: `${portage}/client/read/reader.ts`, types: ['QueryOptions'] },
    {
      from: `${portage}/client/typed-read.ts`,
      values: ['queryRows', 'unexpectedEntity'],
      types: ['Bounds', 'Page', 'PatternReader'],
    },
    { from: './entity-type.ts', values: ['EntityType'] },
    {
      from: './rows.ts',
      values: entities.map(({ toListed }) => toListed),
      types: entities.map(({ listedType }) => listedType),
    },
  ];
  const most = plan.search.maxFilteredItems;
  const functions = patterns.flatMap((pattern) => patternOf(pattern, most));
  return sourceFile(plan.name, imports, functions.length === 0 ? ['export {};'] : functions);
}

function patternOf(pattern: PatternModel, most: number): readonly string[] {
  const { name, functionName, argumentsType, entities, shape, required, next, filters } = pattern;
  const [only] = entities;
  const row = pattern.rowType ?? only?.listedType ?? 'never';
  const args = [
    ...required.map((path) => argument(path, false, valueType(path.type).accepts)),
    ...(next === null ? [] : [argument(next, true, nextType(next))]),
    ...filters.map((path) => argument(path, true, valueType(path.type).accepts)),
  ];
  const doc = [
    `One Query on ${shape.plan.index ?? 'the base table'}: ${keyCondition(pattern)}.`,
    `Rows ${orderOf(pattern)}${shape.plan.limit === undefined ? ', all at once' : `, ${shape.plan.limit} a page`}.`,
    ...(shape.plan.index === undefined && entities.some(({ entity }) => entity.shard !== null)
      ? ['Of an owner whose rows are spread, every shard is asked, side by side.']
      : []),
    ...(filters.length === 0
      ? []
      : [`A search by ${filters.map(({ path }) => path).join(', ')} reads at most ${most} items, else it refuses.`]),
  ];
  return [
    `export type ${argumentsType} = { ${args.join('; ')} };`,
    ...(pattern.rowType === null ? [] : [unionOf(pattern.rowType, pattern)]),
    [
      '/**',
      ...doc.map((line) => ` * ${comment(line)}`),
      ' */',
      `export function ${functionName}(client: PatternReader, args: ${argumentsType}, options?: QueryOptions): Promise<Page<${row}>> {`,
      ...(pattern.rowType === null
        ? [`  return queryRows(client, ${literal(name)}, args, options, ${only?.toListed ?? ''});`]
        : severalText(name, row, pattern)),
      '}',
    ].join('\n'),
  ];
}

function unionOf(type: string, { entities }: PatternModel): string {
  const members = entities.map(
    ({ entity: { name }, listedType }) =>
      `  | { readonly entity: typeof EntityType.${name}; readonly row: ${listedType} }`,
  );
  return `export type ${type} =\n${members.join('\n')};`;
}

function severalText(name: string, type: string, { entities }: PatternModel): readonly string[] {
  return [
    `  return queryRows(client, ${literal(name)}, args, options, (row, entity): ${type} => {`,
    '    switch (entity) {',
    ...entities.flatMap(({ entity, toListed }) => [
      `      case EntityType.${entity.name}:`,
      `        return { entity: EntityType.${entity.name}, row: ${toListed}(row) };`,
    ]),
    '      default:',
    `        throw unexpectedEntity(${literal(name)}, entity);`,
    '    }',
    '  });',
  ];
}

function argument({ path }: PathModel, optional: boolean, type: string): string {
  return `readonly ${property(path)}${optional ? '?' : ''}: ${type}`;
}

function nextType({ type, use }: NonNullable<PatternModel['next']>): string {
  const { accepts } = valueType(type);
  return use === 'range' ? `Bounds<${accepts}>` : accepts;
}
