import { Stack } from 'aws-cdk-lib';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Configuration } from './configuration.ts';
import type { Data } from './data.ts';
import { allow, type Grant } from './grant.ts';
import { withKeyGrants } from './permissions/encryption-key-permissions.ts';
import { portageArn, portGrants } from './permissions/permissions.ts';
import { dynamodb, recordGrants } from './permissions/record-permissions.ts';

const OUR_MACHINES = 'the machines of this migration, and no others, begin with portage-';
const NO_RESOURCES = 'the service knows no resources for this action';

/** The machine by which gates are decided. */
const DECIDE = 'decide-gate';

/** What each kind of user of a deployment may do (docs/access.md). */
export type Audience = 'viewer' | 'operator' | 'approver' | 'application';

/**
 * Policies for people and for the application, to be attached to their roles: viewers look, operators start and stop, approvers decide
 * gates, and no policy allows both.
 */
export class Access extends Construct {
  readonly policies: Readonly<Record<Audience, ManagedPolicy>>;

  constructor(
    scope: Construct,
    id: string,
    configuration: Configuration,
    data: Data,
    /** State machines by the names of their files. */
    machines: readonly string[],
  ) {
    super(scope, id);
    const { name } = configuration.plan;
    const grants = audienceGrants(Stack.of(this), configuration, data, machines);
    const make = (audience: Audience, description: string): ManagedPolicy => {
      const policy = new ManagedPolicy(this, audience, {
        managedPolicyName: `${configuration.prefix}-${name}-${audience}`,
        description,
      });
      for (const grant of withKeyGrants(configuration, grants[audience])) allow(policy, grant);
      return policy;
    };
    this.policies = {
      viewer: make('viewer', `Looks at the migration of ${name}`),
      operator: make('operator', `Starts, stops and redrives the migration of ${name}; decides no gate`),
      approver: make('approver', `Decides the gates of the migration of ${name}; starts nothing else`),
      application: make('application', `What the client of the application ${name} calls`),
    };
  }
}

/** The grants of each kind of user. */
function audienceGrants(
  stack: Stack,
  configuration: Configuration,
  data: Data,
  machines: readonly string[],
): Readonly<Record<Audience, readonly Grant[]>> {
  const { prefix } = configuration;
  const machine = (name: string): string => portageArn(stack, 'stateMachine', `${prefix}-${name}`);
  const executions = portageArn(stack, 'execution', `${prefix}-*`);
  const mapRuns = portageArn(stack, 'mapRun', `${prefix}-*`);
  const control = data.control.tableArn;
  const look: readonly Grant[] = [
    { actions: ['states:ListStateMachines'], resources: ['*'], wildcard: NO_RESOURCES },
    { actions: ['states:DescribeStateMachine', 'states:ListExecutions'], resources: machines.map(machine) },
    {
      actions: ['states:DescribeExecution', 'states:GetExecutionHistory', 'states:ListMapRuns'],
      resources: [executions],
      wildcard: OUR_MACHINES,
    },
    { actions: ['states:DescribeMapRun', 'states:ListExecutions'], resources: [mapRuns], wildcard: OUR_MACHINES },
    { actions: dynamodb('GetItem', 'Query'), resources: [control] },
    {
      actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'],
      resources: ['*'],
      wildcard: NO_RESOURCES,
    },
  ];
  const ports = portGrants(stack, configuration, data);
  return {
    viewer: look,
    operator: [
      ...look,
      {
        actions: ['states:StartExecution'],
        resources: machines.filter((name) => name !== DECIDE).map(machine),
      },
      {
        actions: ['states:RedriveExecution', 'states:StopExecution'],
        resources: [executions],
        wildcard: OUR_MACHINES,
      },
      // `portage accept`.
      ...recordGrants(control, { writes: ['ACCEPTED'], removes: [] }),
    ],
    approver: [...look, { actions: ['states:StartExecution'], resources: [machine(DECIDE)] }],
    application: [
      ...ports.table,
      ...ports.intents,
      ...ports.control,
      // Numbers in place of sequences, once PostgreSQL is gone.
      ...recordGrants(control, { writes: ['COUNTER'], removes: [] }),
      ...ports.bodies,
      ...ports.metrics,
      ...ports.sql,
    ],
  };
}
