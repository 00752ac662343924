import { valuesOf } from '../../mapping/keys/template.ts';
import type { DraftedPlan, Note, PatternDraft } from '../../plan-draft/draft.ts';
import { type Plan, type PatternPlan, planSchema } from '../../plan/plan.ts';
import type { Names } from '../accesses.ts';
import { applyProposal } from './apply.ts';
import { judge, type Judged } from './judge.ts';
import { segmentsOf } from './match-access.ts';
import { mergeStatements, type ReadStatement } from '../merge.ts';
import { propose, type Proposal } from './propose.ts';
import { patternsOf } from './report.ts';
import { oneLine } from '../one-line.ts';

/** Indexes of one entity that are drafted at most: each writes every item once more. */
const MOST_PER_ENTITY = 5;
/** Statements without a pattern that get a note. */
const MOST_NOTES = 10;

/**
 * Adds to a draft the patterns, and the indexes that they need, for what an application really asks, the most frequent first. An index
 * that was drafted from a foreign key, and that no statement uses, gives way to one with the same partition key.
 */
export function draftPatterns(
  { plan: draft, notes }: DraftedPlan,
  names: Names,
  statements: readonly ReadStatement[],
): DraftedPlan {
  const merged = mergeStatements(statements);
  let plan = planSchema.parse(draft);
  const used = patternsUsed(merged.map((one) => judged(plan, names, one)));
  const more: Note[] = [];
  for (const one of merged) {
    const { verdict, steps } = judged(plan, names, one);
    if (verdict !== 'none' && verdict !== 'partly') continue;
    for (const step of steps) {
      const proposal = propose(plan, names.catalogue, step);
      if (proposal === null) continue;
      const { plan: cleared, proposal: placed, replaces } = inPlaceOfUnused(plan, proposal, used);
      if (
        placed.index !== null &&
        Object.keys(cleared.entities[placed.entity]?.indexes ?? {}).length >= MOST_PER_ENTITY
      )
        continue;
      plan = applyProposal(cleared, placed);
      used.add(placed.name);
      const instead = replaces === null ? '' : `, in place of ${replaces}, which no statement uses`;
      more.push({ path: `patterns.${placed.name}`, text: `drafted for ${callsOf(one)}${instead}` });
    }
  }
  const answers = merged.map((one) => judged(plan, names, one));
  const asked = answers.filter(({ verdict }) => verdict !== 'left out' && verdict !== 'write');
  const unused = Object.keys(plan.patterns).filter((name) => !patternsUsed(answers).has(name));
  const open = asked.filter(({ verdict }) => verdict === 'none' || verdict === 'unservable');
  return {
    plan: {
      ...draft,
      table: { ...draft.table, indexes: indexesOf(plan) },
      entities: Object.fromEntries(
        Object.entries(draft.entities).map(([name, entity]) => {
          const indexes = plan.entities[name]?.indexes ?? {};
          return [name, Object.keys(indexes).length === 0 ? entity : { ...entity, indexes }];
        }),
      ),
      patterns: Object.fromEntries(Object.entries(plan.patterns).map(([name, pattern]) => [name, short(pattern)])),
    },
    notes: [
      ...notes,
      ...more,
      ...open.slice(0, MOST_NOTES).map(({ statement, reasons }) => ({
        path: 'patterns',
        text: `none for ${callsOf({ statement })} (${reasons.join('; ')})`,
      })),
      ...(open.length <= MOST_NOTES
        ? []
        : [{ path: 'patterns', text: `none for ${open.length - MOST_NOTES} more statements: see portage plan check` }]),
      ...(asked.length === 0 || unused.length === 0
        ? []
        : [
            {
              path: 'patterns',
              text: `no statement uses ${unused.join(', ')}: remove them, with indexes that nothing else uses`,
            },
          ]),
    ],
  };
}

function judged(plan: Plan, names: Names, { statement, parsed }: ReadStatement): Judged {
  return judge(plan, names, null, statement, parsed);
}

function patternsUsed(answers: readonly Judged[]): Set<string> {
  return new Set(answers.flatMap(patternsOf));
}

function callsOf({ statement }: Pick<ReadStatement, 'statement'>): string {
  return `${statement.calls.toLocaleString('en-US')} calls: ${oneLine(statement.text, 100)}`;
}

/** Puts a proposed index in the place of one with the same partition key whose patterns no statement uses. */
function inPlaceOfUnused(
  plan: Plan,
  proposal: Proposal,
  used: ReadonlySet<string>,
): { readonly plan: Plan; readonly proposal: Proposal; readonly replaces: string | null } {
  const { entity: name, index } = proposal;
  const entity = plan.entities[name];
  if (index === null || entity === undefined) return { plan, proposal, replaces: null };
  const wanted = partition(index.keys);
  for (const [old, keys] of Object.entries(entity.indexes)) {
    const patterns = Object.entries(plan.patterns).filter(([, { entity: of, index: by }]) => of === name && by === old);
    if (partition(keys) !== wanted || patterns.some(([pattern]) => used.has(pattern))) continue;
    const removed = new Set(patterns.map(([pattern]) => pattern));
    const { [old]: _, ...indexes } = entity.indexes;
    return {
      plan: {
        ...plan,
        entities: { ...plan.entities, [name]: { ...entity, indexes } },
        patterns: Object.fromEntries(Object.entries(plan.patterns).filter(([pattern]) => !removed.has(pattern))),
      },
      proposal: {
        ...proposal,
        index: { name: old, keys: index.keys, isNew: false },
        pattern: { ...proposal.pattern, index: old },
      },
      replaces: [...removed].join(', ') || old,
    };
  }
  return { plan, proposal, replaces: null };
}

function partition(keys: { readonly PK: string; readonly SK: string }): string {
  return JSON.stringify(valuesOf(segmentsOf(keys).PK).map(({ path, lower }) => [path, lower]));
}

/** The names of all indexes, GSI2 before GSI10. */
function indexesOf(plan: Plan): readonly string[] {
  const names = new Set(Object.values(plan.entities).flatMap(({ indexes }) => Object.keys(indexes)));
  return [...names].sort((left, right) => left.localeCompare(right, 'en', { numeric: true }));
}

/** A pattern without the settings that are the plan's defaults. */
function short({ order, ...pattern }: PatternPlan): PatternDraft {
  return order === 'asc' ? pattern : { ...pattern, order };
}
