/* oxlint-disable no-new -- a construct adds itself to its scope */
import { CustomResource, Stack } from 'aws-cdk-lib';
import { CfnPermission, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Configuration } from './configuration.ts';

/** Lets the user pool call `migrate-user`, and detaches it from the pool before the stack is deleted; the phase `auth` attaches it. */
export class SignInTrigger extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { account, userPoolId }: Configuration,
    functions: ReadonlyMap<string, LambdaFunction>,
  ) {
    super(scope, id);
    const [trigger, detach] = [functions.get('migrate-user'), functions.get('detach-trigger')];
    if (trigger === undefined || detach === undefined)
      throw new Error('infra/functions.json: the sign-in trigger needs migrate-user and detach-trigger');
    const permission = new CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: trigger.functionArn,
      principal: 'cognito-idp.amazonaws.com',
      sourceAccount: account,
      sourceArn: Stack.of(this).formatArn({ service: 'cognito-idp', resource: 'userpool', resourceName: userPoolId }),
    });
    const detached = new CustomResource(this, 'Detached', {
      resourceType: 'Custom::DetachedTrigger',
      serviceToken: detach.functionArn,
      properties: { FunctionArn: trigger.functionArn },
    });
    // Deleted before all that it needs: the reverse of the order in which they are made.
    detached.node.addDependency(permission, trigger, detach);
  }
}
