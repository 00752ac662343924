import type { UniquePart } from '../../catalogue/catalogue.ts';
import { followPath } from '../../catalogue/follow.ts';
import { hasChildren, identityOf, uniqueIndexesOf } from '../../catalogue/tables.ts';
import { parseTemplate, type Segment } from '../../mapping/keys/template.ts';
import { uniquePartsOf } from '../../mapping/unique-shape.ts';
import { columnType } from '../../mapping/values/types.ts';
import type { PatternPlan } from '../../plan/plan.ts';
import { uniqueRulesOf } from '../../plan/unique-rules.ts';
import type { Say, Subject } from './finding.ts';

/** Says where a pattern sorts or ranges over texts that the source sorts by a language: DynamoDB sorts by UTF-8 bytes. */
export function checkOrder(pattern: PatternPlan, subject: Subject, sorting: readonly Segment[], say: Say): void {
  for (const segment of sorting) {
    if (segment.kind !== 'value') continue;
    const followed = followPath(subject.catalogue, subject.table, segment.path);
    if (!followed.ok || followed.column.collation === undefined || columnType(followed.column).kind === 'enum')
      continue;
    const use = pattern.range === segment.path ? 'ranges over' : 'sorts by';
    say(
      'pattern-collation',
      pattern.range === segment.path ? 'range' : 'order',
      `it ${use} ${segment.path} of ${subject.name}, which PostgreSQL sorts by the collation ${followed.column.collation.name}`,
      'DynamoDB sorts by UTF-8 bytes (COLLATE "C"): Z before a, é after z. Nothing to do if no one depends on the order; else sort in the application, or store a sorting text',
      'informs',
    );
  }
}

/**
 * Warns where two rows may have the same keys in the index that a pattern reads: DynamoDB does not define the order of such items,
 * so the stores would answer differently.
 */
export function checkTies(subject: Subject, index: string, keys: readonly Segment[], say: Say): void {
  const shown = uniquePartsOf(keys);
  const holds = ({ column, lower }: UniquePart): boolean =>
    shown.some((part) => part.column === column && (lower || !part.lower));
  if (uniqueKeys(subject).some((key) => key.length > 0 && key.every(holds))) return;
  const identity = identityOf(subject.table, subject.entity.identity).filter(
    (column) => !holds({ column, lower: false }),
  );
  // A table without an identity has a finding of its own.
  if (identity.length === 0) return;
  const ending = identity.map((column) => `#{${column}}`).join('');
  say(
    'pattern-ties',
    'index',
    `rows of ${subject.name} may have the same keys in ${index}, and DynamoDB defines no order among them`,
    `Let \`indexes.${index}.SK\` of ${subject.name} end with ${ending}; nothing to do if they never have, though no unique index says so`,
    'warns',
  );
}

/** Keys that no two rows of the entity share: its identity, the unique indexes of its table, and the plan's rules, each for all rows. */
function uniqueKeys({ table, entity }: Subject): readonly (readonly UniquePart[])[] {
  const identity = identityOf(table, entity.identity).map((column) => ({ column, lower: false }));
  const indexes = hasChildren(table)
    ? []
    : uniqueIndexesOf(table).filter(({ when }) => when !== null && Object.keys(when).length === 0);
  const rules = uniqueRulesOf(entity).flatMap(({ key, when }) => {
    const parsed = parseTemplate(key);
    return parsed.ok && Object.keys(when).length === 0 ? [uniquePartsOf(parsed.segments)] : [];
  });
  return [identity, ...indexes.map(({ key }) => key ?? []), ...rules];
}
