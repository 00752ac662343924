import { amount } from '../../domain/assess/amount.ts';
import type { ReadCost } from '../../domain/statements/served/cost.ts';
import type { Verdict } from '../../domain/statements/served/judge.ts';
import type { Step } from '../../domain/statements/served/match-query.ts';
import { oneLine } from '../../domain/statements/one-line.ts';
import type { Proposal } from '../../domain/statements/served/propose.ts';
import { type Ranked, type StatementReport, totalsOf } from '../../domain/statements/served/report.ts';
import { table } from '../output.ts';

/** Statements shown of each verdict; --json has all of them. */
const SHOWN = 10;
const MEANINGS: Readonly<Record<Exclude<Verdict, 'left out'>, string>> = {
  served: 'a key or a pattern gives what is asked',
  partly: 'a pattern gives more: the application drops or sorts items',
  none: 'no pattern of the plan; a key can serve it',
  unservable: 'no key can serve it',
  excluded: 'about tables that the plan leaves out',
  write: 'INSERT, UPDATE, DELETE: they need no pattern',
  unparsed: 'PostgreSQL’s parser refuses them',
};
const VERDICTS = ['served', 'partly', 'none', 'unservable', 'excluded', 'write', 'unparsed'] as const;

/** The statements for a person: totals, then each verdict's statements by calls. */
export function statementLines(origin: string, { ranked, leftOut, unused }: StatementReport): readonly string[] {
  const totals = totalsOf(ranked);
  const calls = ranked.reduce((sum, { statement }) => sum + statement.calls, 0);
  const others = Object.entries(leftOut).map(([reason, count]) => `${reason} ${grouped(count)}`);
  const rows = VERDICTS.flatMap((verdict) => {
    const total = totals.get(verdict);
    if (total === undefined) return [];
    const share = `${((100 * total.calls) / Math.max(1, calls)).toFixed(1)} %`;
    return [
      [
        `  ${verdict}`,
        `${grouped(total.calls)} calls`,
        share,
        amount(total.statements, 'statement'),
        MEANINGS[verdict],
      ],
    ];
  });
  return [
    `statements: ${origin}`,
    ...(others.length === 0 ? [] : [`  left out, not the application's: ${others.join(', ')}`]),
    ...(ranked.length > 0 || others.length === 0
      ? []
      : ['  none is left: assess again once the application has run, or give --statements FILE']),
    ...table(rows),
    ...VERDICTS.flatMap((verdict) => verdictLines(verdict, ranked)),
    ...(unused.length === 0 || ranked.length === 0 ? [] : [`  patterns that no statement uses: ${unused.join(', ')}`]),
  ];
}

function verdictLines(verdict: Verdict, ranked: readonly Ranked[]): readonly string[] {
  const all = ranked.filter((one) => one.verdict === verdict && (verdict !== 'write' || one.reasons.length > 0));
  const shown = all.slice(0, SHOWN);
  const hidden = all.slice(SHOWN).reduce((sum, { statement }) => sum + statement.calls, 0);
  return [
    ...shown.flatMap(rankedLines),
    ...(hidden === 0 ? [] : [`  ${verdict}: ${all.length - SHOWN} more with ${grouped(hidden)} calls; see --json`]),
  ];
}

function rankedLines({
  statement,
  verdict,
  steps,
  reasons,
  cost,
  proposals,
  proposedBefore,
  costWith,
}: Ranked): readonly string[] {
  const by = steps.length === 0 ? '' : `: ${steps.map(stepText).join(', then ')}`;
  const served = verdict === 'served' || verdict === 'partly' ? by : '';
  return [
    `${verdict.padEnd(10)} ${grouped(statement.calls)} calls${cost === null ? '' : `, ${costText(cost)}`}${served}`,
    `           ${oneLine(statement.text, 140)}`,
    ...reasons.map((reason) => `           ${reason}`),
    ...proposals.map((proposal) => `           add ${proposalText(proposal)}`),
    ...(proposedBefore.length === 0 ? [] : [`           ${proposedBefore.join(', ')}, proposed above, serves it too`]),
    ...(costWith === null || costWith.scan ? [] : [`           then ${costText(costWith)}`]),
  ];
}

function stepText({ service, each, with: companions }: Step): string {
  const times = each === null ? '' : ' for each row';
  if (service.kind === 'key') return `key of ${service.entity}${times}`;
  if (service.kind === 'query') {
    const also = companions.length === 0 ? '' : ` with ${companions.map(({ entity }) => entity).join(', ')}`;
    return service.pattern === null ? `keys of ${service.entity}${times}` : `${service.pattern}${also}${times}`;
  }
  return service.kind === 'none' ? `a scan for ${service.entity}${times}` : 'a table that does not move';
}

function costText({ units, scan }: ReadCost): string {
  return `${grouped(units)} RCU a call${scan ? ' by Scan' : ''}`;
}

/** The proposal as it is written into the plan. */
function proposalText({ entity, index, name, pattern }: Proposal): string {
  const added = `patterns.${name}: ${JSON.stringify(pattern)}`;
  if (index === null) return added;
  const named = index.isNew ? `table.indexes: ${JSON.stringify(index.name)}, ` : '';
  return `${named}entities.${entity}.indexes.${index.name}: ${JSON.stringify(index.keys)} and ${added}`;
}

function grouped(number: number): string {
  return number.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
