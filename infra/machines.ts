import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { placeholderOf, substitute } from './definition.ts';
import { acknowledgeWildcard, allow, type Grant } from './grant.ts';
import { machineCalls } from './permissions/machine-calls.ts';

/** The state machines, inlined, each with a role that may invoke just what its definition names. */
export class Machines extends Construct {
  readonly byName: ReadonlyMap<string, StateMachine>;

  constructor(
    scope: Construct,
    id: string,
    /** Begins the name of each machine. */
    prefix: string,
    definitions: ReadonlyMap<string, string>,
    functions: ReadonlyMap<string, LambdaFunction>,
  ) {
    super(scope, id);
    const stack = Stack.of(this);
    const states = (resource: string, resourceName: string) =>
      stack.formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    const machineArn = (name: string) => states('stateMachine', `${prefix}-${name}`);
    const values = new Map([
      ...[...functions].map(([name, lambda]) => [placeholderOf(name, 'function'), lambda.functionArn] as const),
      ...[...definitions.keys()].map((name) => [placeholderOf(name, 'machine'), machineArn(name)] as const),
    ]);
    this.byName = new Map(
      [...definitions].map(([name, definition]) => {
        const calls = machineCalls(definition);
        const role = new Role(this, `${name}-role`, { assumedBy: new ServicePrincipal('states.amazonaws.com') });
        const invoked = [...functions].filter(([file]) =>
          calls.functions.has(`\${${placeholderOf(file, 'function')}}`),
        );
        allow(role, {
          actions: ['lambda:InvokeFunction'],
          resources: invoked.map(([, lambda]) => lambda.functionArn),
        });
        const children = [...definitions.keys()].filter((child) =>
          calls.machines.has(`\${${placeholderOf(child, 'machine')}}`),
        );
        if (children.length > 0) {
          allow(role, { actions: ['states:StartExecution'], resources: children.map(machineArn) });
          allow(role, {
            actions: ['states:DescribeExecution', 'states:StopExecution'],
            resources: children.map((child) => states('execution', `${prefix}-${child}:*`)),
            wildcard: 'executions of the children that it starts; their names are made at run time',
          });
          allow(role, eventsGrant(stack));
        }
        // A distributed map starts its parts as executions of the machine itself.
        if (definition.includes('DISTRIBUTED')) {
          allow(role, { actions: ['states:StartExecution'], resources: [machineArn(name)] });
          allow(role, {
            actions: ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
            resources: [states('execution', `${prefix}-${name}/*`)],
            wildcard: 'the parts of its own maps; their names are made at run time',
          });
        }
        acknowledgeWildcard(role, '*', 'X-Ray and the delivery of vended logs know no resources');
        const machine = new StateMachine(this, name, {
          stateMachineName: `${prefix}-${name}`,
          stateMachineType: StateMachineType.STANDARD,
          definitionBody: DefinitionBody.fromString(substitute(name, definition, values)),
          role,
          tracingEnabled: true,
          logs: {
            destination: new LogGroup(this, `${name}-log`, {
              logGroupName: `/aws/vendedlogs/states/${prefix}-${name}`,
              retention: RetentionDays.ONE_YEAR,
            }),
            level: LogLevel.ALL,
            // Gate tokens and rows must not reach a log.
            includeExecutionData: false,
          },
        });
        return [name, machine] as const;
      }),
    );
  }
}

/** startExecution.sync learns of a child's end through a managed EventBridge rule. */
function eventsGrant(stack: Stack): Grant {
  const resourceName = 'StepFunctionsGetEventsForStepFunctionsExecutionRule';
  return {
    actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    resources: [stack.formatArn({ service: 'events', resource: 'rule', resourceName })],
  };
}
