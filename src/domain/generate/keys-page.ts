import type { Conditions } from '../mapping/conditions.ts';
import { keyFormat } from '../mapping/items/key-format.ts';
import { conditionTexts } from '../mapping/unique-text.ts';
import type { ColumnKind } from '../mapping/values/types.ts';
import { keyCondition, orderOf, placeOf, sortedBy, whenOf } from './describe.ts';
import { exampleValue } from './example.ts';
import type { EntityModel, KeyModel, ModuleModel, PatternModel } from './model.ts';

/** `KEYS.md`: every key's format with an example, its order, and the patterns that use it. */
export function keysPage({ plan, entities, patterns }: ModuleModel): string {
  const kinds = new Set(
    entities.flatMap(({ keys }) => keys.flatMap(({ paths }) => paths.map(({ type }) => type.kind))),
  );
  return (
    [
      `# Keys of the table ${plan.table.name}`,
      `Written by \`portage generate\` from the plan ${plan.name}: change the plan, not this page.`,
      [
        'A key is made of segments between `#`. A segment is a text, or a column by its type, never by the form of its value; `lower` means in lower',
        'case, `{fk.column}` a column of the row that a foreign key leads to. A row is not in an index where one of its columns is NULL.',
        '`keys.ts` builds and reads every key below: no key is written by hand.',
      ].join('\n'),
      table(
        ['a column of type', 'is encoded in keys as'],
        FORMS.flatMap(([of, form]) => (of.some((kind) => kinds.has(kind)) ? [[of.join(', '), form]] : [])),
      ),
      ...entities.flatMap((entity) => entityPart(entity, patterns)),
      '## Access patterns',
      table(
        ['pattern', 'rows of', 'on', 'one Query', 'order', 'page', 'filter'],
        patterns.map((pattern) => patternRow(pattern, plan.search.maxFilteredItems)),
      ),
    ].join('\n\n') + '\n'
  );
}

const FORMS: readonly (readonly [readonly ColumnKind[], string])[] = [
  [['text', 'enum'], 'itself; U+0000 to U+0025 (blank, `#`, `%` among them) as `%XX`; sorted by bytes'],
  [['padded'], 'itself without trailing blanks, else as text'],
  [['uuid', 'boolean'], 'itself, in lower case'],
  [['date'], '`2024-01-31`'],
  [['time', 'timestamp', 'timestamptz'], 'ISO with six decimals, timestamptz in UTC with `Z`'],
  [
    ['integer', 'decimal'],
    "digits; in sort keys at a fixed width, negative ones as `-` and ten's complement, so that they sort by value",
  ],
];

function entityPart(model: EntityModel, patterns: readonly PatternModel[]): readonly string[] {
  const { entity } = model;
  const shard =
    entity.shard === null
      ? []
      : [
          `Partitions of the base table with more than ${entity.shard.over} rows when the load began are spread: their PK ends with \`#SHARD#<n>\`, n from 0 to ` +
            `${entity.shard.into - 1} by \`${entity.shard.by}\`. The client reads all of them as one.`,
        ];
  return [
    `## ${entity.name}`,
    `Rows of \`${entity.table}\`${conditionsText(entity.where)}, each known by ${entity.identity.map((column) => `\`${column}\``).join(', ')}.`,
    table(
      ['key', 'PK', 'SK', 'example', 'sorted by', 'only rows with', 'patterns'],
      model.keys.map((key) => keyRow(model, key, patterns)),
    ),
    ...shard,
  ];
}

function conditionsText(where: Conditions): string {
  const texts = conditionTexts(where);
  return texts.length === 0 ? '' : ` with ${texts.join(', ')}`;
}

function keyRow(model: EntityModel, key: KeyModel, patterns: readonly PatternModel[]): readonly string[] {
  const types = Object.fromEntries(key.paths.map(({ path, type }) => [path, type]));
  const values = Object.fromEntries(key.paths.map(({ path, type }) => [path, exampleValue(type)]));
  const { PK, SK } = keyFormat(model.entity.name, key, types).build(values);
  const using = patterns.filter(
    ({ shape, entities }) => key.kind !== 'unique' && (shape.plan.index ?? '') === key.name && entities.includes(model),
  );
  const only = key.kind === 'unique' ? holdersOf(model, key) : whenOf(model, key);
  return [
    placeOf(key),
    code(key.PK),
    code(key.SK),
    `${code(PK)} ${code(SK)}`,
    key.sort === null ? '' : sortedBy(key.sort.parts),
    only,
    using.map(({ name }) => name).join(', '),
  ];
}

/** The rows that hold a value of a rule of `unique`. */
function holdersOf(model: EntityModel, key: KeyModel): string {
  const present = key.nulls === 'same' ? '' : `${key.paths.map(({ path }) => path).join(', ')} not NULL`;
  return [present, whenOf(model, key)].filter((text) => text !== '').join(', ');
}

function patternRow(pattern: PatternModel, most: number): readonly string[] {
  const { plan } = pattern.shape;
  return [
    pattern.functionName,
    pattern.entities.map(({ entity }) => entity.name).join(', '),
    plan.index ?? 'base table',
    keyCondition(pattern),
    orderOf(pattern),
    plan.limit === undefined ? 'all' : String(plan.limit),
    pattern.filters.length === 0
      ? ''
      : `${pattern.filters.map(({ path }) => path).join(', ')}; refuses past ${most} items`,
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Escapes pipes, which end a table cell even in code. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
