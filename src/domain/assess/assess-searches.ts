import type { Plan } from '../plan/plan.ts';
import { amount, size } from './amount.ts';
import type { SearchFacts } from './facts.ts';
import type { Assessment, AssessmentFinding } from './finding.ts';

/** Reports patterns whose most expensive Query costs more, or filters out more items, than `search` allows. */
export function assessSearch(plan: Plan, { pattern, owner, items, bytes }: SearchFacts): readonly AssessmentFinding[] {
  const settings = plan.patterns[pattern];
  if (settings === undefined) return [];
  const { maxFilteredItems, maxRcuPerSearch } = plan.search;
  const filters = (settings.filter ?? []).length > 0;
  // A filter drops items after they were read, so `limit` bounds the reads only without a filter.
  const read = filters || settings.limit === undefined ? items : Math.min(items, settings.limit);
  const units = readUnits(items === 0 ? 0 : (bytes * read) / items);
  const entity = typeof settings.entity === 'string' ? settings.entity : null;
  const say = (name: Assessment, at: string, evidence: string, remedy: string): AssessmentFinding => ({
    name,
    severity: 'warns',
    entity,
    path: `patterns.${pattern}${at}`,
    evidence,
    remedy,
  });
  return [
    ...(filters && items > maxFilteredItems
      ? [
          say(
            'search-filters',
            '.filter',
            `a search reads ${amount(items, 'item')} of ${owner} and filters them by ${(settings.filter ?? []).join(', ')}; search.maxFilteredItems is ${maxFilteredItems}`,
            'Put the filtered column into the sort key of an index, and into `SK`, `range` or `prefix`',
          ),
        ]
      : []),
    ...(units > maxRcuPerSearch
      ? [
          say(
            'search-costs',
            '',
            `a search of ${owner} reads ${amount(read, 'item')} of ${size(Math.round((bytes * read) / items))}, ${units} RCU; search.maxRcuPerSearch is ${maxRcuPerSearch}`,
            `${filters ? '' : `${settings.limit === undefined ? 'Add a' : 'Lower the'} \`limit\`, `}fix more of the sort key in \`SK\`, or move long columns to S3 with \`large\``,
          ),
        ]
      : []),
  ];
}

/** Units of an eventually consistent read: half a unit for each 4 KB. */
export function readUnits(bytes: number): number {
  return Math.ceil(bytes / 4096) / 2;
}
