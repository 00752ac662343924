/** The task resources that this engine runs; everything else is refused when a machine is created. */
export const integrations = {
  'arn:aws:states:::lambda:invoke': { kind: 'function', resourceType: 'lambda', resource: 'invoke' },
  'arn:aws:states:::lambda:invoke.waitForTaskToken': {
    kind: 'token',
    resourceType: 'lambda',
    resource: 'invoke.waitForTaskToken',
  },
  'arn:aws:states:::states:startExecution.sync:2': {
    kind: 'child',
    resourceType: 'states',
    resource: 'startExecution.sync:2',
  },
} as const;

export type Integration = (typeof integrations)[keyof typeof integrations];

/** The integration that a resource names, if this engine has it. */
export function integrationOf(resource: string): Integration | undefined {
  return Object.entries(integrations).find(([name]) => name === resource)?.[1];
}

/** The fields that each kind's Arguments may have. */
export const argumentsOf: Readonly<Record<Integration['kind'], readonly string[]>> = {
  function: ['FunctionName', 'Payload', 'Qualifier'],
  token: ['FunctionName', 'Payload', 'Qualifier'],
  child: ['StateMachineArn', 'Input', 'Name'],
};
