import { ApiError } from './api-error.ts';

export interface Account {
  readonly accountId: string;
  readonly region: string;
}

/** The ARN of a state machine. */
export function machineArn(account: Account, name: string): string {
  return `arn:aws:states:${account.region}:${account.accountId}:stateMachine:${name}`;
}

/** The name in a state machine's ARN; refuses what is not one. */
export function machineName(arn: string): string {
  const match = /^arn:aws:states:[^:]+:\d+:stateMachine:([^:/]+)$/.exec(arn);
  if (!match?.[1]) throw new ApiError('InvalidArn', `Invalid Arn: '${arn}'`);
  return match[1];
}

/** The ARN of a machine without the qualifier, a version's number, that may follow it; refuses what is neither. */
export function qualifiedMachine(arn: string): { readonly machineArn: string; readonly qualifier: string | null } {
  const [, machine, qualifier = null] =
    /^(arn:aws:states:[^:]+:\d+:stateMachine:[^:/]+)(?::([^:/]+))?$/.exec(arn) ?? [];
  if (machine === undefined) throw new ApiError('InvalidArn', `Invalid Arn: '${arn}'`);
  return { machineArn: machine, qualifier };
}

/** The ARN of an execution; a distributed map's child carries the map run's label after the machine's name. */
export function executionArn(machine: string, name: string, label?: string): string {
  return `${machine.replace(':stateMachine:', ':execution:')}${label === undefined ? '' : `/${label}`}:${name}`;
}

/** Refuses what is not the ARN of an execution. */
export function checkExecutionArn(arn: string): string {
  if (!/^arn:aws:states:[^:]+:\d+:execution:[^:]+:[^:]+$/.test(arn)) {
    throw new ApiError('InvalidArn', `Invalid Arn: '${arn}'`);
  }
  return arn;
}

/** The ARN of a map run. */
export function mapRunArn(machine: string, label: string, id: string): string {
  return `${machine.replace(':stateMachine:', ':mapRun:')}/${label}:${id}`;
}

/** Refuses a name that AWS would refuse for a state machine, an execution or a map run's label. */
export function checkName(name: string): string {
  // oxlint-disable-next-line no-control-regex -- the characters that AWS refuses
  if (!/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/u.test(name)) {
    throw new ApiError('InvalidName', `Invalid Name: '${name}'`);
  }
  return name;
}
