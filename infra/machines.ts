import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  CfnStateMachineVersion,
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { placeholderOf, substitute } from './definition.ts';
import type { Functions } from './functions.ts';
import { acknowledgeWildcard, allow, type Grant } from './grant.ts';
import { machineCalls } from './permissions/machine-calls.ts';

/**
 * The state machines, inlined, each with a role that may call just what its definition names. A definition names versions of the functions
 * and of the machines that it calls, and Step Functions keeps the definition that an execution began with: so an update reaches no
 * execution that is under way.
 */
export class Machines extends Construct {
  readonly byName: ReadonlyMap<string, StateMachine>;
  readonly #prefix: string;
  readonly #definitions: ReadonlyMap<string, string>;
  readonly #functions: Pick<Functions, 'byName' | 'live'>;

  constructor(
    scope: Construct,
    id: string,
    /** Begins the name of each machine. */
    prefix: string,
    definitions: ReadonlyMap<string, string>,
    functions: Pick<Functions, 'byName' | 'live'>,
  ) {
    super(scope, id);
    this.#prefix = prefix;
    this.#definitions = definitions;
    this.#functions = functions;
    const started = new Set([...definitions.values()].flatMap((definition) => this.#childrenOf(definition)));
    const versions = new Map<string, string>();
    this.byName = new Map(
      childrenFirst(definitions, (definition) => this.#childrenOf(definition)).map((name) => {
        const machine = this.#make(name, versions);
        if (started.has(name)) versions.set(name, publish(this, name, machine));
        return [name, machine] as const;
      }),
    );
  }

  /** Makes a machine; `versions` are the ARNs of those that it may start, by their names. */
  #make(name: string, versions: ReadonlyMap<string, string>): StateMachine {
    const definition = this.#definitions.get(name) ?? '';
    const role = new Role(this, `${name}-role`, { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    for (const grant of this.#grants(name, definition)) allow(role, grant);
    acknowledgeWildcard(role, '*', 'X-Ray and the delivery of vended logs know no resources');
    return new StateMachine(this, name, {
      stateMachineName: `${this.#prefix}-${name}`,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(substitute(name, definition, this.#values(definition, versions))),
      role,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, `${name}-log`, {
          logGroupName: `/aws/vendedlogs/states/${this.#prefix}-${name}`,
          retention: RetentionDays.ONE_YEAR,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        // Gate tokens and rows must not reach a log.
        includeExecutionData: false,
      },
    });
  }

  /** What placeholders stand for: versions of what is called. An ARN that is only passed on is that of the alias, which stays the same. */
  #values(definition: string, versions: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    const called = new Set(this.#calledBy(definition));
    return new Map([
      ...[...this.#functions.byName].map(([name, lambda]) => {
        const passedOn = this.#functions.live.get(name) ?? lambda.functionArn;
        const arn = called.has(name) ? lambda.currentVersion.functionArn : passedOn;
        return [placeholderOf(name, 'function'), arn] as const;
      }),
      ...[...versions].map(([name, arn]) => [placeholderOf(name, 'machine'), arn] as const),
    ]);
  }

  #grants(name: string, definition: string): readonly Grant[] {
    const children = this.#childrenOf(definition);
    return [
      {
        actions: ['lambda:InvokeFunction'],
        resources: this.#calledBy(definition).map((file) => `${this.#functions.byName.get(file)?.functionArn}:*`),
        wildcard: 'versions of the functions that it calls: an execution under way calls those that it began with',
      },
      ...(children.length === 0 ? [] : this.#childGrants(children)),
      // A distributed map starts its parts as executions of the machine itself.
      ...(definition.includes('DISTRIBUTED') ? this.#partGrants(name) : []),
    ];
  }

  #childGrants(children: readonly string[]): readonly Grant[] {
    return [
      // Step Functions decides on a version by the ARN of its machine.
      { actions: ['states:StartExecution'], resources: children.map((child) => this.#arn('stateMachine', child)) },
      {
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: children.map((child) => this.#arn('execution', `${child}:*`)),
        wildcard: 'executions of the children that it starts; their names are made at run time',
      },
      eventsGrant(Stack.of(this)),
    ];
  }

  #partGrants(name: string): readonly Grant[] {
    return [
      { actions: ['states:StartExecution'], resources: [this.#arn('stateMachine', name)] },
      {
        actions: ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
        resources: [this.#arn('execution', `${name}/*`)],
        wildcard: 'the parts of its own maps; their names are made at run time',
      },
    ];
  }

  #arn(resource: string, name: string): string {
    return Stack.of(this).formatArn({
      service: 'states',
      resource,
      resourceName: `${this.#prefix}-${name}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  #calledBy(definition: string): readonly string[] {
    const { functions } = machineCalls(definition);
    return [...this.#functions.byName.keys()].filter((file) => functions.has(`\${${placeholderOf(file, 'function')}}`));
  }

  #childrenOf(definition: string): readonly string[] {
    const { machines } = machineCalls(definition);
    return [...this.#definitions.keys()].filter((child) => machines.has(`\${${placeholderOf(child, 'machine')}}`));
  }
}

/** Publishes a version of a machine with each revision of it, and returns its ARN. Earlier versions stay: CloudFormation forgets them. */
function publish(scope: Construct, name: string, machine: StateMachine): string {
  const version = new CfnStateMachineVersion(scope, `${name}-version`, {
    stateMachineArn: machine.stateMachineArn,
    stateMachineRevisionId: machine.stateMachineRevisionId,
  });
  version.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  return version.ref;
}

/** The names of definitions, those that are started before those that start them. Throws one line where machines start each other. */
function childrenFirst(
  definitions: ReadonlyMap<string, string>,
  childrenOf: (definition: string) => readonly string[],
): readonly string[] {
  const ordered = new Set<string>();
  const visit = (name: string, parents: readonly string[]): void => {
    if (ordered.has(name)) return;
    if (parents.includes(name))
      throw new Error(
        `statemachines/${name}.asl.yaml starts itself by way of ${parents.at(-1)}: a machine is started by its version, which has to be there first`,
      );
    for (const child of childrenOf(definitions.get(name) ?? '{}')) visit(child, [...parents, name]);
    ordered.add(name);
  };
  for (const name of definitions.keys()) visit(name, []);
  return [...ordered];
}

/** startExecution.sync learns of a child's end through a managed EventBridge rule. */
function eventsGrant(stack: Stack): Grant {
  const resourceName = 'StepFunctionsGetEventsForStepFunctionsExecutionRule';
  return {
    actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    resources: [stack.formatArn({ service: 'events', resource: 'rule', resourceName })],
  };
}
