import { amount } from '../../assess/amount.ts';
import type { PlanFinding } from '../../plan-check/rules/finding.ts';
import { oneLine } from '../one-line.ts';
import type { Ranked } from './report.ts';

/** One finding for statements without a pattern, and one for those that no key can serve. */
export function statementFindings(ranked: readonly Ranked[]): readonly PlanFinding[] {
  const calls = sum(ranked);
  const say = (verdict: 'none' | 'unservable', name: string, what: string, remedy: string): readonly PlanFinding[] => {
    const found = ranked.filter((one) => one.verdict === verdict);
    const [first] = found;
    if (first === undefined) return [];
    const share = ((100 * sum(found)) / Math.max(1, calls)).toFixed(1);
    const evidence = `${amount(found.length, 'statement')} with ${share} % of the calls ${what}, most often ${oneLine(first.statement.text, 100)}`;
    return [{ name, severity: 'warns', entity: null, path: 'patterns', evidence, remedy }];
  };
  return [
    ...say(
      'none',
      'statement-without-pattern',
      'are served by no key or pattern of the plan',
      'Add the pattern that is proposed for each below, or change the application so that it does not ask',
    ),
    ...say(
      'unservable',
      'statement-unservable',
      'can be served by no key',
      'Keep a counter or a summary item, search elsewhere, or leave the statement to a copy of the data',
    ),
  ];
}

function sum(ranked: readonly Ranked[]): number {
  return ranked.reduce((total, { statement }) => total + statement.calls, 0);
}
