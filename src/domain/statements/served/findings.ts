import { amount } from '../../assess/amount.ts';
import type { PlanFinding } from '../../plan-check/rules/finding.ts';
import { OWN_STATEMENT } from '../left-out.ts';
import { oneLine } from '../one-line.ts';
import type { AskedStatement } from '../statement.ts';
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

/** `lastval()` and `currval(…)` outside of quotes, which the first two alternatives pass over. */
const SESSION_NUMBER = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\b(lastval|currval)\s*\(/gi;

/** A finding for statements that ask what number the session has taken last. They name no table, so that no pattern is about them. */
export function sessionFindings(statements: readonly AskedStatement[]): readonly PlanFinding[] {
  const asking = statements.flatMap((statement) => {
    const names = [...statement.text.matchAll(SESSION_NUMBER)].flatMap(([, name]) => name?.toLowerCase() ?? []);
    return names.length === 0 || statement.text.includes(OWN_STATEMENT) ? [] : [{ statement, names }];
  });
  const [first] = asking.toSorted((left, right) => right.statement.calls - left.statement.calls);
  if (first === undefined) return [];
  const calls = asking.reduce((total, { statement }) => total + statement.calls, 0);
  const names = [...new Set(asking.flatMap(({ names: own }) => own))].sort().map((name) => `${name}()`);
  return [
    {
      name: 'statement-lastval',
      severity: 'warns',
      entity: null,
      path: 'patterns',
      evidence: `${amount(asking.length, 'statement')} with ${amount(calls, 'call')} ask ${names.join(' and ')} for the number that the session took last, most often ${oneLine(first.statement.text, 100)}`,
      remedy:
        'Let the INSERT give the number (RETURNING), or take what the client returns: once PostgreSQL is gone there are no sequences, and DynamoDB has no sessions',
    },
  ];
}

function sum(ranked: readonly Ranked[]): number {
  return ranked.reduce((total, { statement }) => total + statement.calls, 0);
}
