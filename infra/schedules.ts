/* oxlint-disable no-new -- a construct adds itself to its scope */
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Manifest } from './manifest.ts';

/** What infra/functions.json schedules: functions at a rate (relay, sweeper, checks, the schema watch), machines by the clock. */
export class Schedules extends Construct {
  constructor(
    scope: Construct,
    id: string,
    manifest: Manifest,
    /** ARNs of the aliases `live`, by the names of their functions. */
    live: ReadonlyMap<string, string>,
    machines: ReadonlyMap<string, StateMachine>,
  ) {
    super(scope, id);
    for (const { name, schedule } of manifest.functions) {
      const arn = live.get(name);
      if (!schedule || arn === undefined) continue;
      const input = RuleTargetInput.fromObject(schedule.input);
      const { ruleArn } = new Rule(this, name, {
        schedule: Schedule.expression(`rate(${schedule.rate})`),
        targets: [{ bind: () => ({ arn, input, retryPolicy: { maximumRetryAttempts: 0 } }) }],
      });
      new CfnPermission(this, `${name}-permission`, {
        action: 'lambda:InvokeFunction',
        functionName: arn,
        principal: 'events.amazonaws.com',
        sourceArn: ruleArn,
      });
    }
    for (const { machine: name, cron, input } of manifest.machineSchedules) {
      const machine = machines.get(name);
      if (!machine)
        throw new Error(
          `infra/functions.json: machineSchedules names ${name}, but statemachines/${name}.asl.yaml is not there`,
        );
      new Rule(this, `${name}-nightly`, {
        schedule: Schedule.expression(cron),
        targets: [new SfnStateMachine(machine, { input: RuleTargetInput.fromObject(input) })],
      });
    }
  }
}
