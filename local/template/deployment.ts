/** What a stack's template says, resolved for one account and region: everything that the embedded stack runs. */
export interface Deployment {
  readonly stackName: string;
  readonly account: string;
  readonly region: string;
  readonly functions: readonly DeployedFunction[];
  readonly functionVersions: readonly DeployedFunctionVersion[];
  readonly functionAliases: readonly DeployedFunctionAlias[];
  readonly machines: readonly DeployedMachine[];
  readonly machineVersions: readonly DeployedMachineVersion[];
  readonly tables: readonly DeployedTable[];
  readonly buckets: readonly DeployedBucket[];
  readonly topics: readonly DeployedTopic[];
  readonly subscriptions: readonly DeployedSubscription[];
  readonly rules: readonly DeployedRule[];
  readonly permissions: readonly DeployedPermission[];
  readonly alarms: readonly DeployedAlarm[];
  readonly compositeAlarms: readonly DeployedCompositeAlarm[];
  readonly roles: readonly DeployedRole[];
  /** Those that are attached to no role: people get them. */
  readonly policies: readonly DeployedPolicy[];
  readonly resourcePolicies: readonly DeployedResourcePolicy[];
  readonly logGroups: readonly DeployedLogGroup[];
  readonly keys: readonly DeployedKey[];
  /** Values by the outputs' names. */
  readonly outputs: Readonly<Record<string, string>>;
}

export type DeployedResource =
  | DeployedFunction
  | DeployedFunctionVersion
  | DeployedFunctionAlias
  | DeployedMachine
  | DeployedMachineVersion
  | DeployedTable
  | DeployedBucket
  | DeployedTopic
  | DeployedSubscription
  | DeployedRule
  | DeployedPermission
  | DeployedAlarm
  | DeployedCompositeAlarm
  | DeployedRole
  | DeployedPolicy
  | DeployedResourcePolicy
  | DeployedLogGroup
  | DeployedKey;

/** What all resources have. */
interface Deployed<Kind extends string> {
  readonly kind: Kind;
  /** Its key in the template's `Resources`. */
  readonly logicalId: string;
}

export interface DeployedFunction extends Deployed<'function'> {
  readonly name: string;
  readonly arn: string;
  /** Folder of its code: an absolute path. */
  readonly bundle: string;
  /** File and export, such as `index.handler`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly roleArn: string;
  readonly logGroup: string;
}

/** What a function was when the version was published. */
export interface DeployedFunctionVersion extends Deployed<'function-version'> {
  readonly functionArn: string;
  readonly version: string;
  readonly arn: string;
}

export interface DeployedFunctionAlias extends Deployed<'function-alias'> {
  readonly functionArn: string;
  readonly name: string;
  /** That it points to. */
  readonly version: string;
  readonly arn: string;
}

export interface DeployedMachine extends Deployed<'machine'> {
  readonly name: string;
  readonly arn: string;
  /** JSON in the Amazon States Language. */
  readonly definition: string;
  readonly roleArn: string;
}

/** What a machine was when the version was published. */
export interface DeployedMachineVersion extends Deployed<'machine-version'> {
  readonly machineArn: string;
  readonly revisionId: string;
  readonly arn: string;
}

export interface DeployedTable extends Deployed<'table'> {
  readonly name: string;
  readonly arn: string;
  /** Of all attributes that keys name. */
  readonly attributeTypes: Readonly<Record<string, 'S' | 'N' | 'B'>>;
  readonly keys: TableKeys;
  readonly indexes: readonly (TableKeys & { readonly name: string; readonly projection: IndexProjection })[];
  /** Attribute after which items expire. */
  readonly expiry: string | null;
  readonly streamView: 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES' | 'KEYS_ONLY' | null;
  /** Customer managed key that encrypts it; null where the key is AWS's. */
  readonly key: string | null;
}

export interface TableKeys {
  readonly partitionKey: string;
  readonly sortKey: string | null;
}

export interface IndexProjection {
  readonly type: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
  readonly attributes: readonly string[];
}

export interface DeployedBucket extends Deployed<'bucket'> {
  readonly name: string;
  readonly arn: string;
  /** Customer managed key that encrypts it; null where S3 encrypts with its own. */
  readonly key: string | null;
}

export interface DeployedTopic extends Deployed<'topic'> {
  readonly name: string;
  readonly arn: string;
  /** Id, alias or ARN of the key that encrypts its messages. */
  readonly key: string | null;
}

export interface DeployedSubscription extends Deployed<'subscription'> {
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
}

/** A rule of EventBridge: by the clock, or by the events that match. */
export interface DeployedRule extends Deployed<'rule'> {
  readonly name: string;
  readonly arn: string;
  readonly enabled: boolean;
  /** `rate(…)` or `cron(…)`. */
  readonly schedule: string | null;
  readonly eventPattern: Readonly<Record<string, unknown>> | null;
  readonly targets: readonly RuleTarget[];
}

export interface RuleTarget {
  readonly id: string;
  readonly arn: string;
  /** Null where EventBridge invokes the target by the target's own policy. */
  readonly roleArn: string | null;
  readonly input: RuleInput;
}

export type RuleInput =
  | { readonly from: 'event' }
  | { readonly from: 'constant'; readonly json: string }
  | {
      readonly from: 'template';
      /** JSON paths into the event by name. */
      readonly paths: Readonly<Record<string, string>>;
      readonly template: string;
    };

/** Lets a service call a function. */
export interface DeployedPermission extends Deployed<'permission'> {
  readonly functionArn: string;
  readonly action: string;
  readonly principal: string;
  readonly sourceArn: string | null;
  readonly sourceAccount: string | null;
}

export interface DeployedAlarm extends Deployed<'alarm'> {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  /** ARNs that are told of the change into a state. */
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
  readonly comparison: AlarmComparison;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly missingData: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
  readonly periodSeconds: number;
  /** One of them is what the threshold is compared with. */
  readonly queries: readonly AlarmQuery[];
}

/** An alarm whose state follows from those of others. */
export interface DeployedCompositeAlarm extends Deployed<'composite-alarm'> {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  /** As CloudWatch writes it: `ALARM("arn") OR …`. */
  readonly rule: string;
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export type AlarmComparison =
  'GreaterThanThreshold' | 'GreaterThanOrEqualToThreshold' | 'LessThanThreshold' | 'LessThanOrEqualToThreshold';

export type AlarmQuery = {
  readonly id: string;
  /** Whether its values are compared with the threshold. */
  readonly compared: boolean;
} & (
  | { readonly expression: string }
  | {
      readonly metric: {
        readonly namespace: string;
        readonly name: string;
        readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
      };
      readonly periodSeconds: number;
      readonly statistic: string;
    }
);

export interface DeployedRole extends Deployed<'role'> {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  /** Who may assume it. */
  readonly trust: PolicyDocument;
  /** All that are attached to it. */
  readonly policies: readonly NamedPolicy[];
}

/** A policy that the template attaches to roles, by their names, or leaves to be attached to people. */
export interface DeployedPolicy extends Deployed<'policy'>, NamedPolicy {
  readonly roles: readonly string[];
}

export interface NamedPolicy {
  readonly name: string;
  readonly document: PolicyDocument;
}

/** The policy of a resource itself. */
export interface DeployedResourcePolicy extends Deployed<'resource-policy'> {
  readonly resourceArn: string;
  readonly document: PolicyDocument;
}

/** As IAM has it, with all references resolved. */
export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string | undefined;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[] | undefined;
  readonly NotAction?: string | readonly string[] | undefined;
  readonly Resource?: string | readonly string[] | undefined;
  readonly NotResource?: string | readonly string[] | undefined;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

export interface DeployedLogGroup extends Deployed<'log-group'> {
  readonly name: string;
  readonly arn: string;
}

export interface DeployedKey extends Deployed<'key'> {
  readonly id: string;
  readonly arn: string;
  readonly policy: PolicyDocument;
}
