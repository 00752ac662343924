/* oxlint-disable no-new -- a construct adds itself to its scope */
import { join } from 'node:path';
import { CfnOutput, Stack, Tags, type App } from 'aws-cdk-lib';
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
import { SignInTrigger } from './sign-in-trigger.ts';

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
    const { account, region, plan, environment, prefix } = configuration;
    super(app, ['Portage', plan.name, ...(environment === undefined ? [] : [environment])].join('-'), {
      env: { account, region },
      // Indented, it would be close to CloudFormation's limit of 1 MB.
      suppressTemplateIndentation: true,
      description: `Portage: moves ${plan.name} from PostgreSQL to DynamoDB`,
    });
    Tags.of(this).add('portage:plan', plan.name);
    Tags.of(this).add('portage:environment', environment ?? 'default');
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
    const machines = new Machines(this, 'Machines', prefix, readDefinitions(join(root, 'statemachines')), functions);
    const access = new Access(this, 'Access', configuration, data, [...machines.byName.keys()]);
    new Schedules(this, 'Schedules', manifest, functions.live, machines.byName);
    const watched = dataRules(configuration, data);
    const rules = [...watched, ...operationRules(manifest, functions.byName, machines.byName)];
    const name = `${prefix}-${plan.name}`;
    const alarms = new Alarms(this, 'Alarms', name, data.gates, rules, machines.byName);
    new Board(this, 'Board', name, alarms.all, new Set(watched.map((rule) => rule.name)));
    new SignInTrigger(this, 'SignInTrigger', configuration, functions);
    // What the `portage` command and the application's client are told.
    const outputs = {
      Table: data.table.tableName,
      ControlTable: data.control.tableName,
      Bucket: data.bucket.bucketName,
      Topic: data.gates.topicArn,
      MetricNamespace: configuration.metricNamespace,
      ViewerPolicy: access.policies.viewer.managedPolicyArn,
      OperatorPolicy: access.policies.operator.managedPolicyArn,
      ApproverPolicy: access.policies.approver.managedPolicyArn,
      ApplicationPolicy: access.policies.application.managedPolicyArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
