import type { Plan } from '../../plan/plan.ts';
import type { Names } from '../accesses.ts';
import { applyProposal } from './apply.ts';
import type { ReadCost, Sizes } from './cost.ts';
import { judge, type Judged, type Verdict } from './judge.ts';
import { mergeStatements, type ReadStatement } from '../merge.ts';
import { propose, type Proposal } from './propose.ts';

/** A judged statement, with what would serve it. */
export interface Ranked extends Judged {
  /** Additions to the plan that no statement before it has asked for. */
  readonly proposals: readonly Proposal[];
  /** Patterns proposed for statements before it that serve it too. */
  readonly proposedBefore: readonly string[];
  /** What a call would cost with all proposals in the plan; null if they change nothing for it. */
  readonly costWith: ReadCost | null;
}

export interface StatementReport {
  /** The application's statements, the most frequent first. */
  readonly ranked: readonly Ranked[];
  /** Number of other statements by the reason for leaving them out. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Patterns of the plan that no statement uses. */
  readonly unused: readonly string[];
}

/** Ranks what an application asks by calls, and says how the plan serves it. Each proposal builds on those before it. */
export function reportStatements(
  plan: Plan,
  names: Names,
  sizes: Sizes | null,
  statements: readonly ReadStatement[],
): StatementReport {
  let extended = plan;
  const judged = mergeStatements(statements).map(({ statement, parsed }): Ranked => {
    const first = judge(plan, names, sizes, statement, parsed);
    const as = { ...first, proposals: [], proposedBefore: [], costWith: null };
    if (!['none', 'partly'].includes(first.verdict)) return as;
    const added = proposalsFor(extended, names, judge(extended, names, null, statement, parsed));
    extended = added.plan;
    const proposals = added.proposals.map(({ name }) => name);
    const last = judge(extended, names, sizes, statement, parsed);
    const proposed = patternsOf(last).filter((name) => !Object.hasOwn(plan.patterns, name));
    if (proposed.length === 0) return as;
    const proposedBefore = proposed.filter((name) => !proposals.includes(name));
    return { ...first, proposals: added.proposals, proposedBefore, costWith: last.cost };
  });
  const leftOut: Record<string, number> = {};
  for (const { verdict, reasons } of judged)
    if (verdict === 'left out') leftOut[reasons[0] ?? ''] = (leftOut[reasons[0] ?? ''] ?? 0) + 1;
  const used = new Set(judged.flatMap(patternsOf));
  return {
    ranked: judged.filter(({ verdict }) => verdict !== 'left out'),
    leftOut,
    unused: Object.keys(plan.patterns).filter((pattern) => !used.has(pattern)),
  };
}

/** The patterns that serve a statement. */
export function patternsOf({ steps }: Judged): readonly string[] {
  return steps.flatMap(({ service }) => (service.kind === 'query' ? (service.pattern ?? []) : []));
}

/** What each step of a statement needs, one proposal after the other. */
function proposalsFor(
  plan: Plan,
  { catalogue }: Names,
  { steps }: Judged,
): { readonly proposals: readonly Proposal[]; readonly plan: Plan } {
  let extended = plan;
  const proposals: Proposal[] = [];
  for (const step of steps) {
    const proposal = propose(extended, catalogue, step);
    if (proposal === null) continue;
    proposals.push(proposal);
    extended = applyProposal(extended, proposal);
  }
  return { proposals, plan: extended };
}

/** Calls and statements by verdict. */
export function totalsOf(
  ranked: readonly Judged[],
): ReadonlyMap<Verdict, { readonly calls: number; readonly statements: number }> {
  const totals = new Map<Verdict, { calls: number; statements: number }>();
  for (const { verdict, statement } of ranked) {
    const { calls, statements } = totals.get(verdict) ?? { calls: 0, statements: 0 };
    totals.set(verdict, { calls: calls + statement.calls, statements: statements + 1 });
  }
  return totals;
}
