/* oxlint-disable no-new -- a construct adds itself to its scope */
import { join } from 'node:path';
import { CfnOutput, Stack, type App } from 'aws-cdk-lib';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { Access } from './access.ts';
import { Alarms } from './alarms/alarms.ts';
import { Board } from './alarms/dashboard.ts';
import { dataRules } from './alarms/data-rules.ts';
import { operationRules } from './alarms/operation-rules.ts';
import type { Configuration } from './configuration.ts';
import { Data } from './data.ts';
import { readDefinitions } from './definition.ts';
import { Functions } from './functions.ts';
import type { HandlerUses } from './permissions/handler-uses.ts';
import { Machines } from './machines.ts';
import { readManifest } from './manifest.ts';
import { Schedules } from './schedules.ts';

/** Everything that AWS needs to run the same definitions and handlers that run on one machine. */
export class PortageStack extends Stack {
  readonly data: Data;

  /** `bundles` is a folder of bundleHandlers; `packages` is the folder for what is deployed. */
  constructor(
    app: App,
    configuration: Configuration,
    root: string,
    { bundles, packages }: { readonly bundles: string; readonly packages: string },
    uses: HandlerUses,
  ) {
    const { account, region, plan } = configuration;
    super(app, `Portage-${plan.name}`, {
      env: { account, region },
      description: `Portage: moves ${plan.name} from PostgreSQL to DynamoDB`,
    });
    const manifest = readManifest(join(root, 'infra', 'functions.json'));
    const data = new Data(this, 'Data', configuration);
    this.data = data;
    const functions = new Functions(
      this,
      'Functions',
      manifest.functions,
      uses,
      configuration,
      data,
      bundles,
      packages,
    );
    const machines = new Machines(this, 'Machines', readDefinitions(join(root, 'statemachines')), functions.byName);
    const access = new Access(this, 'Access', configuration, data, [...machines.byName.keys()]);
    new Schedules(this, 'Schedules', manifest, functions.byName, machines.byName);
    const watched = dataRules(configuration, data);
    const rules = [...watched, ...operationRules(manifest, functions.byName, machines.byName)];
    const name = `portage-${plan.name}`;
    const alarms = new Alarms(this, 'Alarms', name, data.gates, rules, machines.byName);
    new Board(this, 'Board', name, alarms.all, new Set(watched.map((rule) => rule.name)));
    const trigger = functions.byName.get('migrate-user');
    if (trigger) {
      new CfnPermission(this, 'TriggerPermission', {
        action: 'lambda:InvokeFunction',
        functionName: trigger.functionArn,
        principal: 'cognito-idp.amazonaws.com',
        sourceAccount: account,
        sourceArn: this.formatArn({
          service: 'cognito-idp',
          resource: 'userpool',
          resourceName: configuration.userPoolId,
        }),
      });
    }
    // What the `portage` command and the application's client are told.
    const outputs = {
      ControlTable: data.control.tableName,
      Bucket: data.bucket.bucketName,
      Topic: data.gates.topicArn,
      ViewerPolicy: access.policies.viewer.managedPolicyArn,
      OperatorPolicy: access.policies.operator.managedPolicyArn,
      ApproverPolicy: access.policies.approver.managedPolicyArn,
      ApplicationPolicy: access.policies.application.managedPolicyArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
