/** What the tasks of a definition call, as the definition names it: functions that are invoked, machines that are started. */
export interface MachineCalls {
  readonly functions: ReadonlySet<string>;
  readonly machines: ReadonlySet<string>;
}

/** Reads the calls of a definition in JSON. An ARN that is only passed on as data is not a call. */
export function machineCalls(definition: string): MachineCalls {
  const functions = new Set<string>();
  const machines = new Set<string>();
  JSON.parse(definition, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('Type' in value) || value.Type !== 'Task') return value;
    if (!('Arguments' in value) || typeof value.Arguments !== 'object' || value.Arguments === null) return value;
    const args: object = value.Arguments;
    if ('FunctionName' in args && typeof args.FunctionName === 'string') functions.add(args.FunctionName);
    if ('StateMachineArn' in args && typeof args.StateMachineArn === 'string') machines.add(args.StateMachineArn);
    return value;
  });
  return { functions, machines };
}
