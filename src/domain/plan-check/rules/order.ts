import { followPath } from '../../catalogue/follow.ts';
import type { Segment } from '../../mapping/keys/template.ts';
import { columnType } from '../../mapping/values/types.ts';
import type { PatternPlan } from '../../plan/plan.ts';
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
