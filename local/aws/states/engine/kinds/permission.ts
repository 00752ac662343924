import { StateFailure } from '../../model/failure.ts';
import { MACHINE_QUALIFIER } from '../../model/denial.ts';
import type { Run } from '../run/run.ts';

const SERVICES = {
  lambda: { error: 'Lambda.AWSLambdaException', service: 'AWSLambda', status: 403 },
  states: { error: 'StepFunctions.AWSStepFunctionsException', service: 'AWSStepFunctions', status: 400 },
} as const;

type Context = Pick<Run, 'state' | 'services'>;
type Action = `${keyof typeof SERVICES}:${string}`;

/** Whether the execution's role may do this. */
export function mayDo(run: Context, action: Action, resource: string): boolean {
  return run.services.denial(run.state.start.roleArn, action, resource) === null;
}

/** Throws AWS's error where the execution's role may not do this; `qualifier` is the version of a machine. */
export function demand(run: Context, action: Action, resource: string, qualifier: string | null = null): void {
  const context = qualifier === null ? {} : { [MACHINE_QUALIFIER]: qualifier };
  const message = run.services.denial(run.state.start.roleArn, action, resource, context);
  if (message === null) return;
  const { error, service, status } = SERVICES[action.startsWith('lambda:') ? 'lambda' : 'states'];
  const details = `Service: ${service}; Status Code: ${status}; Error Code: AccessDeniedException`;
  throw new StateFailure(error, `${message} (${details})`);
}
