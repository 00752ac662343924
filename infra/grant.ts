import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ManagedPolicy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';

/** What a role may do, and why a wildcard among the resources stands. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, unknown>>;
  readonly wildcard?: string;
}

/**
 * Adds a grant to a role or to a policy of its own, and answers cdk-nag's finding for each wildcard that has a reason; one without stays a
 * finding.
 */
export function allow(role: Role | ManagedPolicy, { actions, resources, conditions, wildcard }: Grant): void {
  const statement = new PolicyStatement({
    actions: [...actions],
    resources: [...resources],
    ...(conditions === undefined ? {} : { conditions: { ...conditions } }),
  });
  if (role instanceof ManagedPolicy) role.addStatements(statement);
  else role.addToPolicy(statement);
  if (wildcard === undefined) return;
  const stack = Stack.of(role);
  for (const resource of resources) {
    const finding = flat(stack.resolve(resource));
    if (finding.includes('*')) acknowledgeWildcard(role, finding, wildcard);
  }
}

/** Accepts one wildcard of a role, by the name that cdk-nag's finding gives it. */
export function acknowledgeWildcard(role: IConstruct, resource: string, reason: string): void {
  Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
}

/** A resource as cdk-nag writes it: references in angle brackets. */
function flat(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  if (typeof resource !== 'object' || resource === null) return '';
  if ('Ref' in resource) return `<${String(resource.Ref)}>`;
  if ('Fn::GetAtt' in resource && Array.isArray(resource['Fn::GetAtt'])) return `<${resource['Fn::GetAtt'].join('.')}>`;
  if (!('Fn::Join' in resource) || !Array.isArray(resource['Fn::Join'])) return JSON.stringify(resource);
  const [delimiter, parts] = resource['Fn::Join'];
  return Array.isArray(parts) ? parts.map(flat).join(String(delimiter)) : '';
}
