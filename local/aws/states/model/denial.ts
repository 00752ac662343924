/** Null where a role may do this, else the sentence that refuses it. */
export type Denial = (
  roleArn: string,
  action: string,
  resource: string,
  context?: Readonly<Record<string, string>>,
) => string | null;

/** The condition key that holds the version, or the alias, by which a machine is named. */
export const MACHINE_QUALIFIER = 'states:StateMachineQualifier';
