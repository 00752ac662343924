import type { ModuleModel } from './model.ts';
import { sourceFile } from './source-file.ts';

/** `entity-type.ts`: every entity of the table. */
export function entityTypeFile({ plan, entities }: ModuleModel): string {
  const members = entities.map(({ entity: { name } }) => `  ${name}: '${name}',`);
  return sourceFile(
    plan.name,
    [],
    [
      [
        '/** What a row of the table is; an item says it in `_e`, and its sort key begins with it. */',
        'export const EntityType = {',
        ...members,
        '} as const;',
      ].join('\n'),
      'export type EntityType = (typeof EntityType)[keyof typeof EntityType];',
    ],
  );
}
