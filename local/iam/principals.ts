import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ACCOUNT } from '../aws/account.ts';
import { type Credentials, CREDENTIALS } from '../process/credentials.ts';
import type { Deployment, PolicyDocument } from '../template/deployment.ts';

const statement = z.record(z.string(), z.unknown());

export const principalSchema = z.object({
  /** The access key id that its requests are signed with. */
  accessKeyId: z.string(),
  /** As AWS names the caller in a refusal. */
  arn: z.string(),
  /** Name of the role or of the policy in the template; null where its grants are not the template's. */
  grantee: z.string().nullable(),
  statements: z.array(statement),
});

/** Somebody who signs requests, and what the policies allow it. Serialisable. */
export type Principal = z.infer<typeof principalSchema>;

/**
 * Everybody who signs requests on a stack: each role of the template, a person or an application for each policy that the template
 * attaches to no role, and the account's administrator, who has the credentials that everything else uses.
 */
export function principalsOf({ roles, policies, functions, machines }: Deployment): readonly Principal[] {
  const sessions = new Map([...functions, ...machines].map(({ roleArn, name }) => [roleArn, name]));
  return [
    {
      accessKeyId: CREDENTIALS.accessKeyId,
      arn: `arn:aws:iam::${ACCOUNT}:user/administrator`,
      grantee: null,
      statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    },
    ...roles.map((role) => ({
      accessKeyId: credentialsOf(role.arn).accessKeyId,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role.name}/${sessions.get(role.arn) ?? 'session'}`,
      grantee: role.name,
      statements: role.policies.flatMap(({ document }) => statementsOf(document)),
    })),
    ...policies.map((policy) => ({
      accessKeyId: credentialsOf(policy.name).accessKeyId,
      arn: `arn:aws:iam::${ACCOUNT}:user/${policy.name}`,
      grantee: policy.name,
      statements: statementsOf(policy.document),
    })),
  ];
}

/** The credentials of a role, by its ARN, or of a policy for people, by its name: the same at every start, since executions outlive it. */
export function credentialsOf(name: string): Credentials {
  const digest = createHash('sha256').update(name).digest('hex').toUpperCase();
  return { accessKeyId: `ASIA${digest.slice(0, 16)}`, secretAccessKey: digest };
}

function statementsOf({ Statement }: PolicyDocument): Principal['statements'] {
  return Statement.map((one) => ({ ...one }));
}
