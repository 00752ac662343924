import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { placeholderOf, placeholdersIn, substitute } from './definition.ts';

/** The state machines, inlined, each with a role that may invoke just what its definition names. */
export class Machines extends Construct {
  readonly byName: ReadonlyMap<string, StateMachine>;

  constructor(
    scope: Construct,
    id: string,
    definitions: ReadonlyMap<string, string>,
    functions: ReadonlyMap<string, LambdaFunction>,
  ) {
    super(scope, id);
    const stack = Stack.of(this);
    const machineArn = (name: string) =>
      stack.formatArn({
        service: 'states',
        resource: 'stateMachine',
        resourceName: `portage-${name}`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    const executions = (name: string) =>
      stack.formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: `portage-${name}*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    const values = new Map([
      ...[...functions].map(([name, lambda]) => [placeholderOf(name, 'function'), lambda.functionArn] as const),
      ...[...definitions.keys()].map((name) => [placeholderOf(name, 'machine'), machineArn(name)] as const),
    ]);
    this.byName = new Map(
      [...definitions].map(([name, definition]) => {
        const used = new Set(placeholdersIn(definition));
        const role = new Role(this, `${name}-role`, { assumedBy: new ServicePrincipal('states.amazonaws.com') });
        for (const [file, lambda] of functions) if (used.has(placeholderOf(file, 'function'))) lambda.grantInvoke(role);
        const children = [...definitions.keys()].filter((child) => used.has(placeholderOf(child, 'machine')));
        // A distributed map starts its children as executions of the machine itself.
        if (definition.includes('DISTRIBUTED')) children.push(name);
        if (children.length > 0) role.addToPolicy(startStatement(children.map(machineArn)));
        if (children.length > 0) {
          role.addToPolicy(executionStatement(children.map(executions)));
          role.addToPolicy(eventsStatement(stack));
        }
        const machine = new StateMachine(this, name, {
          stateMachineName: `portage-${name}`,
          stateMachineType: StateMachineType.STANDARD,
          definitionBody: DefinitionBody.fromString(substitute(name, definition, values)),
          role,
          tracingEnabled: true,
          logs: {
            destination: new LogGroup(this, `${name}-log`, {
              logGroupName: `/aws/vendedlogs/states/portage-${name}`,
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

function startStatement(resources: string[]): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions: ['states:StartExecution'], resources });
}

function executionStatement(resources: string[]): PolicyStatement {
  const actions = ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'];
  return new PolicyStatement({ effect: Effect.ALLOW, actions, resources });
}

/** startExecution.sync learns of a child's end through a managed EventBridge rule. */
function eventsStatement(stack: Stack): PolicyStatement {
  const rule = 'StepFunctionsGetEventsForStepFunctionsExecutionRule';
  return new PolicyStatement({
    effect: Effect.ALLOW,
    actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    resources: [stack.formatArn({ service: 'events', resource: 'rule', resourceName: rule })],
  });
}
