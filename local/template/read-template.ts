import * as z from 'zod';
import type { DeployedResource, Deployment } from './deployment.ts';
import { type References, resolve } from './intrinsics.ts';
import { KINDS } from './kinds/kinds.ts';
import type { Identity, Place, ResourceKind } from './kinds/resource-kind.ts';

const templateSchema = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: z.unknown().optional(),
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.string().optional() })).default({}),
  /** Assertions on parameters, which CloudFormation checks at a deployment. */
  Rules: z.unknown().optional(),
  Resources: z.record(
    z.string(),
    z.strictObject({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      /** Everything is created at once here, and before anything uses it. */
      DependsOn: z.unknown().optional(),
      Metadata: z.unknown().optional(),
      /** The data directory outlives the stack whatever these say. */
      DeletionPolicy: z.unknown().optional(),
      UpdateReplacePolicy: z.unknown().optional(),
    }),
  ),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown() })).default({}),
});

type Resource = z.infer<typeof templateSchema>['Resources'][string];

export interface TemplateOptions {
  readonly stackName: string;
  readonly account: string;
  readonly region: string;
  /** Absolute path of the folder whose content is uploaded as this object; null where none is. */
  readonly asset: (bucket: string, key: string) => string | null;
}

/**
 * Understands a template of CloudFormation: resolves what refers to something else, and turns each resource into what the embedded stack
 * runs. Throws one line that names the resource, its type and whatever is not understood.
 */
export function readTemplate(json: string, options: TemplateOptions): Deployment {
  const raw: unknown = JSON.parse(json);
  const parsed = templateSchema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const keys = issue?.code === 'unrecognized_keys' ? `${issue.keys.join(', ')} is not understood` : issue?.message;
    throw new Error(`the template of ${options.stackName}: ${issue?.path.map(String).join('.')}: ${keys}`);
  }
  const template = parsed.data;
  const references = referencesOf(template.Resources, template.Parameters, options);
  const resources = Object.entries(template.Resources).flatMap(([logicalId, resource]) =>
    about(logicalId, resource.Type, () => {
      const place = { ...references.identity(logicalId), logicalId, ...options, bundle: bundleOf(options) };
      return kindOf(resource).read(resolve(resource.Properties, references), place);
    }),
  );
  const outputs = Object.entries(template.Outputs).map(
    ([name, { Value }]) => [name, about(name, 'output', () => String(resolve(Value, references)))] as const,
  );
  return deploymentOf(resources, Object.fromEntries(outputs), options);
}

/** Names the resource in whatever is thrown about it. */
function about<Result>(logicalId: string, type: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new Error(`${logicalId}: ${type} ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function kindOf({ Type }: Resource): ResourceKind {
  const kind = KINDS.get(Type);
  if (kind === undefined)
    throw new Error('is a type of resource that the embedded stack does not know; add it to local/template/kinds/');
  return kind;
}

function bundleOf({ asset }: TemplateOptions): Place['bundle'] {
  return (bucket, key) => {
    const folder = asset(bucket, key);
    if (folder === null) throw new Error(`has the code ${key}, for which the assembly has no folder; synthesise again`);
    return folder;
  };
}

function referencesOf(
  resources: Readonly<Record<string, Resource>>,
  parameters: z.infer<typeof templateSchema>['Parameters'],
  { stackName, account, region }: TemplateOptions,
): References & { identity(logicalId: string): Identity } {
  const pseudo: Readonly<Record<string, string | undefined>> = {
    'AWS::AccountId': account,
    'AWS::NoValue': undefined,
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/local`,
    'AWS::StackName': stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const identities = new Map<string, Identity>();
  const references = {
    identity: (logicalId: string): Identity => {
      const known = identities.get(logicalId);
      if (known !== undefined) return known;
      const resource = resources[logicalId];
      if (resource === undefined) throw new Error(`refers to ${logicalId}, which is not in the template`);
      const identity = about(logicalId, resource.Type, () =>
        kindOf(resource).identify({
          logicalId,
          stackName,
          account,
          region,
          property: (name) => {
            const value = resolve(resource.Properties[name], references);
            return typeof value === 'string' ? value : undefined;
          },
        }),
      );
      identities.set(logicalId, identity);
      return identity;
    },
    ref: (name: string): string | undefined => {
      if (Object.hasOwn(pseudo, name)) return pseudo[name];
      const value = parameters[name]?.Default;
      return value ?? references.identity(name).ref;
    },
    attribute: (logicalId: string, attribute: string): string => {
      const value = references.identity(logicalId).attributes[attribute];
      if (value === undefined)
        throw new Error(`asks ${logicalId} for ${attribute}, which the embedded stack does not know of its type`);
      return value;
    },
  };
  return references;
}

/** Sorts resources by kind; a policy goes to the roles that it is attached to. */
function deploymentOf(
  resources: readonly DeployedResource[],
  outputs: Readonly<Record<string, string>>,
  { stackName, account, region }: TemplateOptions,
): Deployment {
  const all = <Kind extends DeployedResource['kind']>(kind: Kind) =>
    resources.filter((one): one is Extract<DeployedResource, { readonly kind: Kind }> => one.kind === kind);
  const policies = all('policy');
  return {
    stackName,
    account,
    region,
    functions: all('function'),
    functionVersions: all('function-version'),
    functionAliases: all('function-alias'),
    machines: all('machine'),
    machineVersions: all('machine-version'),
    tables: all('table'),
    buckets: all('bucket'),
    topics: all('topic'),
    subscriptions: all('subscription'),
    rules: all('rule'),
    permissions: all('permission'),
    alarms: all('alarm'),
    compositeAlarms: all('composite-alarm'),
    roles: all('role').map((role) => ({
      ...role,
      policies: [...role.policies, ...policies.filter(({ roles }) => roles.includes(role.name))],
    })),
    policies: policies.filter(({ roles }) => roles.length === 0),
    resourcePolicies: all('resource-policy'),
    logGroups: all('log-group'),
    keys: all('key'),
    outputs,
  };
}
