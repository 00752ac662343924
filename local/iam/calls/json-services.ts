import { ACCOUNT, REGION } from '../../aws/account.ts';
import { functionReference } from '../../aws/lambda/function-reference.ts';
import { MACHINE_QUALIFIER } from '../../aws/states/model/denial.ts';
import { type Call, call, jsonOf, membersOf, targetOf, textOf, type WireRequest } from '../call.ts';

/** Operations of Step Functions on the execution that the request names. */
const ON_EXECUTION = new Set([
  'DescribeExecution',
  'DescribeStateMachineForExecution',
  'GetExecutionHistory',
  'ListMapRuns',
  'RedriveExecution',
  'StopExecution',
]);

/** The calls of a request to Step Functions. */
export function statesCalls(request: WireRequest): readonly Call[] {
  const operation = targetOf(request);
  const input = jsonOf(request);
  const on = (resource: unknown): readonly Call[] => [call(`states:${operation}`, textOf(resource) || '*')];
  if (ON_EXECUTION.has(operation)) return on(input['executionArn']);
  if (operation.startsWith('SendTask')) return on(machineOfToken(textOf(input['taskToken'])));
  if (operation.endsWith('MapRun')) return on(input['mapRunArn']);
  const machine = textOf(input['stateMachineArn']);
  return machine === '' ? on(input['mapRunArn']) : [onMachine(operation, machine)];
}

/** Step Functions decides by the ARN of the machine; the version or the alias that the request names is a condition key. */
function onMachine(operation: string, arn: string): Call {
  const [, machine = arn, qualifier] = /^(.+:stateMachine:[^:]+):(.+)$/.exec(arn) ?? [];
  return call(`states:${operation}`, machine, qualifier === undefined ? {} : { [MACHINE_QUALIFIER]: qualifier });
}

/** A token of the embedded stack names its execution; on AWS the service knows. */
function machineOfToken(token: string): string {
  const execution = /arn:aws:states:[\w-]+:\d+:execution:([\w-]+)/.exec(
    Buffer.from(token, 'base64url').toString('utf8'),
  );
  return `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${execution?.[1] ?? ''}`;
}

/** Operations of a user pool that need no credentials: users call them. */
const PUBLIC = new Set([
  'ChangePassword',
  'ConfirmForgotPassword',
  'ConfirmSignUp',
  'ForgotPassword',
  'GetUser',
  'GlobalSignOut',
  'InitiateAuth',
  'ResendConfirmationCode',
  'RespondToAuthChallenge',
  'RevokeToken',
  'SignUp',
]);

/** The calls of a request to a user pool; none where it needs no credentials. */
export function cognitoCalls(request: WireRequest): readonly Call[] | 'public' {
  const operation = targetOf(request);
  // The token's keys, and the pages of the hosted sign-in, are plain HTTP.
  if (operation === '' || PUBLIC.has(operation)) return 'public';
  const pool = textOf(jsonOf(request)['UserPoolId']);
  const resource = pool === '' ? '*' : `arn:aws:cognito-idp:${REGION}:${ACCOUNT}:userpool/${pool}`;
  return [call(`cognito-idp:${operation}`, resource)];
}

/** The calls of a request to the Data API, which reads the secret in the caller's name. */
export function dataApiCalls(request: WireRequest): readonly Call[] {
  const operation = request.url.slice(1).replace('Execute', 'ExecuteStatement');
  const input = jsonOf(request);
  return [
    call(`rds-data:${operation}`, textOf(input['resourceArn'])),
    call('secretsmanager:GetSecretValue', textOf(input['secretArn'])),
  ];
}

/** The call of a request to Lambda, which decides by the ARN as it is asked for: with its version or alias, if it has one. */
export function lambdaCalls({ url }: WireRequest): readonly Call[] {
  return [call('lambda:InvokeFunction', functionReference(url).arn)];
}

/** The calls of a request to CloudWatch, which knows no resources for them; `input` is the request's decoded body. */
export function cloudwatchCalls(operation: string, input: unknown): readonly Call[] {
  const namespace = textOf(membersOf(input)['Namespace']);
  const context = operation === 'PutMetricData' ? { 'cloudwatch:namespace': namespace } : {};
  return [call(`cloudwatch:${operation}`, '*', context)];
}
