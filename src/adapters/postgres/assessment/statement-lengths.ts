import type { StatementFacts } from '../../../domain/assess/facts.ts';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import { functionName, triggerFunction } from '../capture/trigger-function.ts';
import { relationsOf } from '../sql/relation.ts';
import { putStatement } from '../sql/write.ts';

/**
 * The longest statements that a migration sends. They name every column of a table, and the Data
 * API limits a statement's length.
 */
export function statementLengths(mapping: Mapping): readonly StatementFacts[] {
  return relationsOf(mapping).flatMap((relation) => {
    const capture = triggerFunction(mapping, relation, functionName(relation)).length;
    return relation.entities.map((entity): StatementFacts => {
      const row = Object.fromEntries(entity.columns.map(({ column }) => [column, null]));
      const put = putStatement(mapping, entity, row, {}).text('portage.begin_write()').length;
      return { entity: entity.name, characters: Math.max(capture, put) };
    });
  });
}
