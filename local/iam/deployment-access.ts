import type { Audience } from '../../infra/access.ts';
import type { Denial } from '../aws/states/model/denial.ts';
import { createAuthoriser } from './authorise.ts';
import { call } from './call.ts';
import type { GatewayOptions } from './gateway.ts';
import { createGrantUse } from './grant-use.ts';
import { credentialsOf, principalsOf } from './principals.ts';
import type { Credentials } from '../process/credentials.ts';
import type { Deployment } from '../template/deployment.ts';
import { type Service, SERVICES } from '../stack/environment.ts';

/** What the gateway of a deployment guards, and for whom. */
export function gatewayOptionsOf(
  deployment: Deployment,
  useFile: string | null,
  placeOf: (service: Service) => { readonly target: string; readonly port: number },
  more: Pick<GatewayOptions, 'machinesPort' | 'faults' | 'metricsEndpoint'>,
): GatewayOptions {
  const keys = new Map(deployment.keys.flatMap(({ id, arn }) => [id, arn].map((name) => [name, arn] as const)));
  return {
    principals: [...principalsOf(deployment)],
    services: SERVICES.map((service) => ({ service, ...placeOf(service) })),
    keys: Object.fromEntries(
      [...deployment.topics, ...deployment.tables, ...deployment.buckets].flatMap(({ arn, key }) =>
        key === null ? [] : [[arn, keys.get(key) ?? key] as const],
      ),
    ),
    useFile,
    ...more,
  };
}

/** The credentials of somebody who has the policy for an audience. Throws one line where the template has none. */
export function audienceCredentials({ stackName, policies }: Deployment, audience: Audience): Credentials {
  const policy = policies.find(({ name }) => name.endsWith(`-${audience}`));
  if (policy === undefined) throw new Error(`the template of ${stackName} has no policy for the ${audience}`);
  return credentialsOf(policy.name);
}

/** What the machines' roles may do: they act inside Step Functions, so no gateway sees them. */
export function machineDenial(deployment: Deployment, useFile: string | null): Denial {
  const authorise = createAuthoriser(createGrantUse(useFile));
  const byKey = new Map(principalsOf(deployment).map((principal) => [principal.accessKeyId, principal]));
  return (roleArn, action, resource, context) => {
    const principal = byKey.get(credentialsOf(roleArn).accessKeyId);
    if (principal === undefined) return `The role ${roleArn} is not in the template`;
    return authorise(principal, [call(action, resource, context)]);
  };
}
