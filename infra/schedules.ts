/* oxlint-disable no-new -- a construct adds itself to its scope */
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Manifest } from './manifest.ts';

/** What infra/functions.json schedules: functions at a rate (relay, sweeper, checks, the schema watch), machines by the clock. */
export class Schedules extends Construct {
  constructor(
    scope: Construct,
    id: string,
    manifest: Manifest,
    functions: ReadonlyMap<string, LambdaFunction>,
    machines: ReadonlyMap<string, StateMachine>,
  ) {
    super(scope, id);
    for (const { name, schedule } of manifest.functions) {
      const lambda = functions.get(name);
      if (!schedule || !lambda) continue;
      new Rule(this, name, {
        schedule: Schedule.expression(`rate(${schedule.rate})`),
        targets: [new LambdaTarget(lambda, { event: RuleTargetInput.fromObject(schedule.input), retryAttempts: 0 })],
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
