/* oxlint-disable no-new -- a construct adds itself to its scope */
import { CustomResource, Stack } from 'aws-cdk-lib';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Configuration } from './configuration.ts';
import type { Functions } from './functions.ts';
import { SIGN_IN_TRIGGER } from './manifest.ts';

/** Lets the user pool call `migrate-user`, and detaches it from the pool before the stack is deleted; the phase `auth` attaches it. */
export class SignInTrigger extends Construct {
  constructor(scope: Construct, id: string, { account, userPoolId }: Configuration, functions: Functions) {
    super(scope, id);
    const [triggerArn, detach] = [functions.live.get(SIGN_IN_TRIGGER), functions.byName.get('detach-trigger')];
    if (triggerArn === undefined || detach === undefined)
      throw new Error('infra/functions.json: the sign-in trigger needs migrate-user and detach-trigger');
    const permission = new CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: triggerArn,
      principal: 'cognito-idp.amazonaws.com',
      sourceAccount: account,
      sourceArn: Stack.of(this).formatArn({ service: 'cognito-idp', resource: 'userpool', resourceName: userPoolId }),
    });
    const detached = new CustomResource(this, 'Detached', {
      resourceType: 'Custom::DetachedTrigger',
      // Not a version or an alias: CloudFormation lets no update change it, and the newest code is what a deletion needs.
      serviceToken: detach.functionArn,
      properties: { FunctionArn: triggerArn },
    });
    // Deleted before all that it needs: the reverse of the order in which they are made.
    detached.node.addDependency(permission, detach);
  }
}
