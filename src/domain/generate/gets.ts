import type { EntityModel, ModuleModel } from './model.ts';
import { sourceFile } from './source-file.ts';

/** `gets.ts`: rows by key, many in one request. */
export function getsFile({ plan, entities }: ModuleModel, portage: string): string {
  const imports = [
    { from: `${portage}/client/read/reader.ts`, types: ['ReadOptions'] },
    { from: `${portage}/client/typed-read.ts`, values: ['getRows'], types: ['KeyReader'] },
    { from: './entity-type.ts', values: ['EntityType'] },
    { from: './keys.ts', types: entities.map(({ base }) => base.typeName) },
    { from: './rows.ts', values: entities.map(({ toRow }) => toRow), types: entities.map(({ rowType }) => rowType) },
  ];
  return sourceFile(plan.name, imports, entities.flatMap(getsOf));
}

function getsOf({ entity: { name }, base, rowType, toRow, getMany, getOne }: EntityModel): readonly string[] {
  const key = base.typeName;
  return [
    [
      `/** Rows of ${name} by key: one BatchGetItem for up to 100. Those that exist, in the order of the keys, with their large values. */`,
      `export function ${getMany}(client: KeyReader, keys: readonly ${key}[], options?: ReadOptions): Promise<readonly ${rowType}[]> {`,
      `  return getRows(client, EntityType.${name}, keys, options, ${toRow});`,
      '}',
    ].join('\n'),
    [
      `/** A row of ${name}, null where there is none. For several, \`${getMany}\` asks once. */`,
      `export async function ${getOne}(client: KeyReader, key: ${key}, options?: ReadOptions): Promise<${rowType} | null> {`,
      `  const [row] = await ${getMany}(client, [key], options);`,
      '  return row ?? null;',
      '}',
    ].join('\n'),
  ];
}
