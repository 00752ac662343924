import {
  type CognitoIdentityProviderClient,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  paginateListUserPoolClients,
  ResourceNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import type { PoolClient, PoolFacts } from '../../domain/prerequisites/prerequisites.ts';
import { translate } from '../sdk/translated.ts';

const PASSWORD_FLOWS = new Set([
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'USER_PASSWORD_AUTH',
  'ADMIN_NO_SRP_AUTH',
]);

/** Reads a user pool and its app clients; null where there is no such pool. */
export async function readPoolFacts(
  client: CognitoIdentityProviderClient,
  UserPoolId: string,
): Promise<PoolFacts | null> {
  try {
    const { UserPool: pool } = await client.send(new DescribeUserPoolCommand({ UserPoolId }));
    const clients: PoolClient[] = [];
    for await (const page of paginateListUserPoolClients({ client }, { UserPoolId, MaxResults: 60 }))
      for (const { ClientId } of page.UserPoolClients ?? []) {
        const described = await client.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }));
        const { ClientName, ExplicitAuthFlows = [], PreventUserExistenceErrors } = described.UserPoolClient ?? {};
        clients.push({
          name: ClientName ?? ClientId ?? '',
          sendsPasswords: ExplicitAuthFlows.some((flow) => PASSWORD_FLOWS.has(flow)),
          hidesAbsence: PreventUserExistenceErrors === 'ENABLED',
        });
      }
    return { id: UserPoolId, trigger: pool?.LambdaConfig?.UserMigration ?? null, clients };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw translate(error, 'Cognito', 'DescribeUserPool');
  }
}
