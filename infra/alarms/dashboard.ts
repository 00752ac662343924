/* oxlint-disable no-new -- a construct adds itself to its scope */
import { AlarmStatusWidget, AlarmWidget, Dashboard, type IWidget, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { RuledAlarm } from './alarms.ts';
import { ALARM_PHASES, type AlarmPhase } from './rule.ts';

/** CloudWatch's grid. */
const COLUMNS = 24;
const ACROSS = 4;
const HEIGHT = 5;

/** One page for who looks after a migration: by phase the state of all alarms, and each watched value against its threshold. */
export class Board extends Construct {
  /** `graphed` names the alarms whose values are drawn; of the others the state is shown. */
  constructor(scope: Construct, id: string, name: string, alarms: readonly RuledAlarm[], graphed: ReadonlySet<string>) {
    super(scope, id);
    const board = new Dashboard(this, 'dashboard', { dashboardName: name });
    for (const phase of [...ALARM_PHASES, 'always'] as const) {
      const parts = alarms.filter(({ rule }) => rule.phase === phase);
      if (parts.length > 0) board.addWidgets(...widgetsOf(phase, parts, graphed));
    }
  }
}

function widgetsOf(phase: AlarmPhase, parts: readonly RuledAlarm[], graphed: ReadonlySet<string>): readonly IWidget[] {
  const title = phase === 'always' ? 'In every phase' : `Phase ${phase}`;
  const runbook = phase === 'always' ? 'README' : phase;
  return [
    new TextWidget({ markdown: `## ${title}\nWhat to do: runbooks/${runbook}.md`, width: COLUMNS, height: 2 }),
    new AlarmStatusWidget({
      alarms: parts.map(({ alarm }) => alarm),
      width: COLUMNS,
      height: 2 + Math.ceil(parts.length / ACROSS),
    }),
    ...parts
      .filter(({ rule }) => graphed.has(rule.name))
      .map(
        ({ rule, alarm }) =>
          new AlarmWidget({ alarm, title: rule.name, width: COLUMNS / ACROSS, height: HEIGHT, leftYAxis: { min: 0 } }),
      ),
  ];
}
