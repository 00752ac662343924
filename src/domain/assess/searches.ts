import { parseTemplate } from '../mapping/keys/template.ts';
import type { Subject } from '../plan-check/rules/finding.ts';
import type { Plan } from '../plan/plan.ts';
import { ownProperty } from '../own-property.ts';

/** The rows that a pattern's Query always reads of one entity: those with equal first values of these keys. */
export interface SearchMember {
  readonly subject: Subject;
  /** Place of the partition key template below the entity, and of the sort key's. */
  readonly PK: string;
  readonly SK: string;
  readonly index: string | null;
  /** How many values of the sort key the pattern fixes. */
  readonly fixed: number;
}

export interface Search {
  readonly pattern: string;
  readonly members: readonly SearchMember[];
}

/** The searches of a plan; those with unknown names are reported by `planFindings`. */
export function searchesOf(plan: Plan, subjects: readonly Subject[]): readonly Search[] {
  return Object.entries(plan.patterns).flatMap(([name, pattern]): readonly Search[] => {
    const entities = typeof pattern.entity === 'string' ? [pattern.entity] : pattern.entity;
    const members = entities.flatMap((entity): readonly SearchMember[] => {
      const subject = subjects.find((candidate) => candidate.name === entity);
      const index = pattern.index ?? null;
      const keys = index === null ? subject?.entity.key : ownProperty(subject?.entity.indexes, index);
      if (subject === undefined || keys === undefined) return [];
      const at = index === null ? 'key' : `indexes.${index}`;
      const front = pattern.SK === undefined ? null : parseTemplate(pattern.SK);
      const fixed = front?.ok === true ? front.segments.filter(({ kind }) => kind === 'value').length : 0;
      return [{ subject, PK: `${at}.PK`, SK: `${at}.SK`, index, fixed }];
    });
    return members.length === entities.length ? [{ pattern: name, members }] : [];
  });
}
