import type { ColumnMapping } from '../mapping/mapping.ts';
import type { EntityModel, ModuleModel } from './model.ts';
import { comment, literal, property } from './names.ts';
import { sourceFile } from './source-file.ts';
import { valueType } from './value-type.ts';

/** `rows.ts`: the row type of each entity, and the function that checks and converts a row of the client to it. */
export function rowsFile({ plan, entities }: ModuleModel, portage: string): string {
  const imports = [
    {
      from: `${portage}/client/field.ts`,
      values: ['bytes', 'document', 'field', 'flag', 'list', 'numeric', 'orNull', 'orReference', 'text'],
      types: ['List'],
    },
    { from: `${portage}/domain/mapping/items/application-row.ts`, types: ['ApplicationRow', 'ReadValue'] },
    { from: `${portage}/domain/row.ts`, types: ['BodyRef'] },
  ];
  return sourceFile(plan.name, imports, entities.flatMap(rowsOf));
}

function rowsOf(model: EntityModel): readonly string[] {
  const { entity, rowType, listedType, toRow, toListed } = model;
  const whole = rowText(model, rowType, toRow, false, `A row of \`${entity.table}\`, as the client shows values.`);
  if (listedType === rowType) return whole;
  const large = Object.keys(entity.large).join(', ');
  const doc = `${rowType} as a pattern returns it: ${large} may be a reference; use \`get\` for the value.`;
  return [...whole, ...rowText(model, listedType, toListed, true, doc)];
}

function rowText(
  { entity }: EntityModel,
  type: string,
  convert: string,
  listed: boolean,
  doc: string,
): readonly string[] {
  const columns = entity.columns.map((column) => ({
    column,
    large: listed && Object.hasOwn(entity.large, column.column),
  }));
  const row = [
    `/** ${comment(doc)} */`,
    `export type ${type} = {`,
    ...columns.map(({ column, large }) => `  readonly ${property(column.column)}: ${shownType(column, large)};`),
    '};',
  ];
  const conversion = [
    `export function ${convert}(row: ApplicationRow): ${type} {`,
    '  return {',
    ...columns.map(
      ({ column, large }) =>
        `    ${property(column.column)}: field(row, ${literal(column.column)}, ${reader(column, large)}),`,
    ),
    '  };',
    '}',
  ];
  return [row.join('\n'), conversion.join('\n')];
}

function shownType({ type, notNull }: ColumnMapping, large: boolean): string {
  return `${valueType(type).shows}${large ? ' | BodyRef' : ''}${notNull ? '' : ' | null'}`;
}

function reader({ type, notNull }: ColumnMapping, large: boolean): string {
  const single = valueType(type).reader;
  const either = large ? `orReference(${single})` : single;
  return notNull ? either : `orNull(${either})`;
}
