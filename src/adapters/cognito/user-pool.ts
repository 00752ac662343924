import { randomBytes } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  AliasExistsException,
  type CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  paginateListUsers,
  UpdateUserPoolCommand,
  UsernameExistsException,
  UserNotFoundException,
  type UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider';
import type { PoolUser, UserPool } from '../../domain/ports/user-pool.ts';
import { settingsOf } from './pool-settings.ts';

/** A Cognito user pool. */
export function createUserPool(options: {
  readonly client: CognitoIdentityProviderClient;
  readonly userPoolId: string;
}): UserPool {
  const { client, userPoolId: UserPoolId } = options;

  const describe = async (): Promise<UserPoolType> => {
    const { UserPool: pool } = await client.send(new DescribeUserPoolCommand({ UserPoolId }));
    if (pool === undefined) throw new Error(`user pool ${UserPoolId} has no description`);
    return pool;
  };

  const statusOf = async (Username: string): Promise<string | null> => {
    try {
      return (await client.send(new AdminGetUserCommand({ UserPoolId, Username }))).UserStatus ?? 'UNKNOWN';
    } catch (error) {
      if (error instanceof UserNotFoundException) return null;
      throw error;
    }
  };

  // A user in FORCE_CHANGE_PASSWORD cannot use forgot-password, so each gets a random password that
  // nobody knows.
  const confirm = (Username: string): Promise<unknown> =>
    client.send(
      new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: unknownPassword(), Permanent: true }),
    );

  const create = async (user: PoolUser): Promise<'created' | 'present'> => {
    const UserAttributes = Object.entries(user.attributes).map(([Name, Value]) => ({ Name, Value }));
    try {
      await client.send(
        new AdminCreateUserCommand({
          UserPoolId,
          Username: user.username,
          UserAttributes,
          TemporaryPassword: unknownPassword(),
          MessageAction: 'SUPPRESS',
        }),
      );
      await confirm(user.username);
      return 'created';
    } catch (error) {
      if (!(error instanceof UsernameExistsException || error instanceof AliasExistsException)) throw error;
      // An earlier attempt may have died between the two calls.
      if ((await statusOf(user.username)) === 'FORCE_CHANGE_PASSWORD') await confirm(user.username);
      return 'present';
    }
  };

  return {
    trigger: async () => (await describe()).LambdaConfig?.UserMigration ?? null,
    async setTrigger(functionArn) {
      const pool = await describe();
      const { UserMigration: _previous, ...others } = pool.LambdaConfig ?? {};
      const LambdaConfig = functionArn === null ? others : { ...others, UserMigration: functionArn };
      await client.send(new UpdateUserPoolCommand({ UserPoolId, ...settingsOf(pool), LambdaConfig }));
    },
    has: async (username) => (await statusOf(username)) !== null,
    create,
    async count() {
      const estimate = (await describe()).EstimatedNumberOfUsers ?? 0;
      if (estimate > 0) return estimate;
      let users = 0;
      for await (const page of paginateListUsers({ client }, { UserPoolId, AttributesToGet: [] })) {
        users += page.Users?.length ?? 0;
      }
      return users;
    },
  };
}

/** Long and random, with a character of each class that a password policy may require. */
function unknownPassword(): string {
  return `${randomBytes(30).toString('base64url')}aA1!`;
}
