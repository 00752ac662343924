import type { ColumnType } from '../mapping/values/types.ts';
import { placeOf } from './describe.ts';
import type { EntityModel, KeyModel, ModuleModel, PathModel } from './model.ts';
import { comment, literal, type Names, property, typeName } from './names.ts';
import { sourceFile } from './source-file.ts';
import { valueType } from './value-type.ts';

/** `keys.ts`: functions that build each key from columns, and parse the columns from a key. */
export function keysFile({ plan, entities, names }: ModuleModel, portage: string): string {
  const types = new TypeNames(names);
  const keys = entities.flatMap((entity) => entity.keys.flatMap((key) => keyText(entity, key, types)));
  const imports = [
    {
      from: `${portage}/client/field.ts`,
      values: ['bytes', 'document', 'field', 'flag', 'list', 'numeric', 'orNull', 'text'],
    },
    { from: `${portage}/domain/item.ts`, types: ['ItemKey'] },
    { from: `${portage}/domain/mapping/items/key-format.ts`, values: ['keyFormat'], types: ['BuildOptions'] },
    { from: `${portage}/domain/mapping/values/types.ts`, types: ['ColumnType'] },
  ];
  return sourceFile(plan.name, imports, [types.declarations().join('\n'), ...keys]);
}

function keyText({ entity }: EntityModel, key: KeyModel, types: TypeNames): readonly string[] {
  const { PK, SK, paths, typeName: type, parsedTypeName, formatName, buildName, parseName } = key;
  const absent = key.nulls === 'same' ? ' | null' : '';
  const given = paths.map(
    ({ path, type: column }) => `readonly ${property(path)}: ${valueType(column).accepts}${absent}`,
  );
  const shown = paths.map(
    ({ path, type: column }) => `readonly ${property(path)}: ${valueType(column).shows}${absent}`,
  );
  const same = given.join() === shown.join();
  const parsed = same ? type : parsedTypeName;
  const spread = key.kind === 'base' ? entity.shard : null;
  const format = [
    literal(entity.name),
    `{ PK: ${literal(PK)}, SK: ${literal(SK)} }`,
    `{ ${paths.map(({ path, type: column }) => `${property(path)}: ${types.nameOf(column)}`).join(', ')} }`,
    ...(spread === null ? [] : [`{ by: ${literal(spread.by)}, into: ${spread.into} }`]),
    ...(key.nulls === 'same' ? ['null', literal('same')] : []),
  ];
  const doc = `${entity.name}, ${placeOf(key)}: PK \`${PK}\`, SK \`${SK}\`.${
    spread === null ? '' : ` Owners over ${spread.over} rows are spread: \`#SHARD#<n>\` by \`${spread.by}\`.`
  }`;
  return [
    [`/** ${comment(doc)} */`, `export type ${type} = { ${given.join('; ')} };`].join('\n'),
    ...(same ? [] : [`export type ${parsed} = { ${shown.join('; ')} };`]),
    `const ${formatName} = keyFormat(${format.join(', ')});`,
    [
      `export function ${buildName}(key: ${type}${spread === null ? '' : ', options?: BuildOptions'}): ItemKey {`,
      `  return ${formatName}.build(key${spread === null ? '' : ', options'});`,
      '}',
    ].join('\n'),
    [
      '/** Null for a key of another format. */',
      `export function ${parseName}(key: ItemKey): ${parsed} | null {`,
      `  const found = ${formatName}.parse(key);`,
      `  return found === null ? null : { ${paths.map((path) => fieldOf(path, key)).join(', ')} };`,
      '}',
    ].join('\n'),
  ];
}

function fieldOf({ path, type }: PathModel, { nulls }: KeyModel): string {
  const { reader } = valueType(type);
  return `${property(path)}: field(found, ${literal(path)}, ${nulls === 'same' ? `orNull(${reader})` : reader})`;
}

/** The column types used in keys, each declared once. */
class TypeNames {
  readonly #names: Names;
  readonly #known = new Map<string, string>();

  constructor(names: Names) {
    this.#names = names;
  }

  nameOf(type: ColumnType): string {
    const text = JSON.stringify(type);
    const name = this.#known.get(text) ?? this.#names.take(`type${typeName(type.name)}`);
    this.#known.set(text, name);
    return name;
  }

  declarations(): readonly string[] {
    return [...this.#known].map(([text, name]) => `const ${name}: ColumnType = ${text};`);
  }
}
