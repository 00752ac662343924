import type { TrafficReport } from '../traffic/messages.ts';
import type { DemoOutcome } from './output/report.ts';
import type { VerificationView, DemoStatus } from './status/poll-status.ts';

export interface DemoFacts {
  readonly view: DemoStatus;
  /** True where a recovery's gate was reached and not approved: the run was meant to end there. */
  readonly rolledBack: boolean;
  readonly traffic: TrafficReport | null;
  readonly postgres: { readonly cluster: 'gone' | 'there'; readonly answers: boolean };
  readonly entities: readonly string[];
  /** Failures of the demo itself. */
  readonly troubles: readonly string[];
}

/** Completed, rolled back as designed, or broken, and why. The ledger has the first word. */
export function demoOutcome(facts: DemoFacts): { readonly result: DemoOutcome; readonly reasons: readonly string[] } {
  const reasons = [...facts.troubles, ...trafficReasons(facts.traffic)];
  if (facts.rolledBack) {
    const { mode } = facts.view;
    if (mode === null || mode.readPercent > 0) reasons.push('reads did not return to PostgreSQL');
    return { result: reasons.length === 0 ? 'rolled back' : 'broken', reasons };
  }
  const { execution, mode } = facts.view;
  if (execution.status !== 'SUCCEEDED') {
    reasons.push(`the migration is ${execution.status}: ${execution.error ?? ''} ${execution.cause ?? ''}`.trim());
  }
  if (mode?.mode !== 'complete') reasons.push(`the mode is ${mode?.mode ?? 'unknown'}, not complete`);
  if (facts.postgres.cluster === 'there') reasons.push('the PostgreSQL cluster is still there');
  if (facts.postgres.answers) reasons.push('PostgreSQL still answers');
  for (const [name, { agreed }] of Object.entries(facts.traffic?.patterns ?? {})) {
    if (agreed === 0) reasons.push(`${name} was not asked on both sides`);
  }
  reasons.push(...verificationReasons(facts.view.verifications.at(-1), facts.entities));
  return { result: reasons.length === 0 ? 'completed' : 'broken', reasons };
}

function trafficReasons(traffic: TrafficReport | null): readonly string[] {
  if (traffic === null) return ['the traffic left no report'];
  const { lost, wrongPasswordsAccepted, acknowledged, rowsChecked } = traffic;
  return [
    ...(lost > 0 ? [`${lost} acknowledged writes are lost`] : []),
    ...(wrongPasswordsAccepted > 0 ? [`${wrongPasswordsAccepted} wrong passwords were accepted`] : []),
    ...Object.entries(traffic.patterns).flatMap(([name, { differed }]) =>
      differed > 0 ? [`${name} had another answer in DynamoDB ${differed} times`] : [],
    ),
    // Nothing lost of nothing written proves nothing.
    ...(acknowledged === 0 || rowsChecked === 0 ? ['no write was acknowledged'] : []),
  ];
}

function verificationReasons(last: VerificationView | undefined, entities: readonly string[]): readonly string[] {
  if (last === undefined) return ['nothing was verified'];
  const reasons = last.clean
    ? []
    : [`the last verification has ${last.mismatches} mismatches and ${last.unverified} unverified`];
  for (const name of entities) {
    const tally = last.entities[name];
    // An empty table is 0 = 0 counted on both sides, not a row that nobody looked at.
    if (tally === undefined || tally.verdict !== 'match' || (tally.matched === 0 && tally.source > 0)) {
      reasons.push(`${name} was not verified on both sides`);
    }
  }
  return reasons;
}
