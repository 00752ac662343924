/* oxlint-disable no-new -- a construct adds itself to its scope */
import {
  Alarm,
  AlarmRule as CompositeRule,
  ComparisonOperator,
  CompositeAlarm,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ALARM_PHASES, type AlarmRule } from './rule.ts';

/** An alarm and the rule that it was made from. */
export interface RuledAlarm {
  readonly rule: AlarmRule;
  readonly alarm: Alarm;
}

/** The alarms of the migration, one composite of them per phase, and an event for every execution that ends badly. */
export class Alarms extends Construct {
  readonly all: readonly RuledAlarm[];

  /** `prefix` begins the name of each alarm. */
  constructor(
    scope: Construct,
    id: string,
    prefix: string,
    topic: Topic,
    rules: readonly AlarmRule[],
    machines: ReadonlyMap<string, StateMachine>,
  ) {
    super(scope, id);
    const action = new SnsAction(topic);
    const alarms = rules.map((rule) => {
      const alarm = new Alarm(this, rule.name, {
        alarmName: `${prefix}-${rule.name}`,
        alarmDescription: `${rule.why}. What to do: runbooks/${rule.runbook}.md`,
        metric: rule.metric,
        ...thresholdOf(rule),
        evaluationPeriods: rule.periods ?? 1,
        treatMissingData: rule.missing ?? TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      return { rule, alarm };
    });
    this.all = alarms;
    // The alarms notify themselves: a composite says how a phase does at a glance.
    for (const phase of ALARM_PHASES) {
      const parts = alarms.filter(({ rule }) => rule.phase === phase || rule.phase === 'always');
      new CompositeAlarm(this, `phase-${phase}`, {
        compositeAlarmName: `${prefix}-phase-${phase}`,
        alarmDescription: `Something in the phase ${phase} needs attention. What to do: runbooks/${phase}.md`,
        alarmRule: CompositeRule.anyOf(...parts.map(({ alarm }) => alarm)),
      });
    }
    new Rule(this, 'failed-executions', {
      description: 'Tells the topic of executions that failed, timed out or were aborted',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: [...machines.values()].map(({ stateMachineArn }) => stateMachineArn),
        },
      },
      targets: [
        new SnsTopic(topic, {
          message: RuleTargetInput.fromText(
            `The execution ${EventField.fromPath('$.detail.executionArn')} ended as ${EventField.fromPath('$.detail.status')}. What to do: runbooks/README.md`,
          ),
        }),
      ],
    });
  }
}

function thresholdOf({ limit }: AlarmRule): {
  readonly threshold: number;
  readonly comparisonOperator: ComparisonOperator;
} {
  return 'above' in limit
    ? { threshold: limit.above, comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD }
    : { threshold: limit.below, comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD };
}
