import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  type AdminGetUserCommandOutput,
  AdminSetUserPasswordCommand,
  AliasExistsException,
  type CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  GetUserPoolMfaConfigCommand,
  InvalidParameterException,
  paginateListUsers,
  SetUserPoolMfaConfigCommand,
  type SetUserPoolMfaConfigCommandInput,
  UpdateUserPoolCommand,
  UsernameExistsException,
  UserNotFoundException,
  type UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider';
import { translated } from '../sdk/translated.ts';
import type { CreateOutcome, PoolUser, UserPool } from '../../domain/ports/user-pool.ts';
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

  /** The user with this name, or with this alias. */
  const find = async (Username: string): Promise<AdminGetUserCommandOutput | null> => {
    try {
      return await client.send(new AdminGetUserCommand({ UserPoolId, Username }));
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

  /** What a user is to whom Cognito says that the name or an alias is taken: itself, or another one. */
  const taken = async ({ username, attributes }: PoolUser): Promise<CreateOutcome> => {
    const found = await find(username);
    if (found === null) return { refused: `its address ${attributes['email'] ?? ''} is the alias of another user` };
    const email = found.UserAttributes?.find(({ Name }) => Name === 'email')?.Value;
    // Pools may ignore the case of names, and an address may name a user as well.
    if (found.Username !== username && email?.toLowerCase() !== attributes['email']?.toLowerCase())
      return { refused: `its name is taken by the user ${found.Username ?? ''}` };
    // An earlier attempt may have died between the two calls.
    if (found.UserStatus === 'FORCE_CHANGE_PASSWORD') await confirm(username);
    return 'present';
  };

  const create = async (user: PoolUser): Promise<CreateOutcome> => {
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
      if (error instanceof InvalidParameterException) return { refused: error.message };
      if (error instanceof UsernameExistsException || error instanceof AliasExistsException) return taken(user);
      throw error;
    }
  };

  const count = async (): Promise<number> => {
    const estimate = (await describe()).EstimatedNumberOfUsers ?? 0;
    if (estimate > 0) return estimate;
    let users = 0;
    for await (const page of paginateListUsers({ client }, { UserPoolId, AttributesToGet: [] })) {
      users += page.Users?.length ?? 0;
    }
    return users;
  };

  const secondFactors = async (): Promise<Omit<SetUserPoolMfaConfigCommandInput, 'UserPoolId'>> => {
    const { $metadata: _, ...factors } = await client.send(new GetUserPoolMfaConfigCommand({ UserPoolId }));
    if (factors.MfaConfiguration !== 'OFF') return factors;
    // AWS refuses factors beside OFF; passkeys are none.
    const { MfaConfiguration, WebAuthnConfiguration } = factors;
    return { MfaConfiguration, ...(WebAuthnConfiguration && { WebAuthnConfiguration }) };
  };

  const setTrigger = async (functionArn: string | null): Promise<void> => {
    const pool = await describe();
    const { UserMigration: _previous, ...others } = pool.LambdaConfig ?? {};
    const LambdaConfig = functionArn === null ? others : { ...others, UserMigration: functionArn };
    const factors = await secondFactors();
    await client.send(new UpdateUserPoolCommand({ UserPoolId, ...settingsOf(pool), LambdaConfig }));
    // UpdateUserPool knows no factor but SMS, so a pool of authenticator apps may lose its own.
    if (!isDeepStrictEqual(await secondFactors(), factors))
      await client.send(new SetUserPoolMfaConfigCommand({ UserPoolId, ...factors }));
  };

  return {
    trigger: () => sent('DescribeUserPool', async () => (await describe()).LambdaConfig?.UserMigration ?? null),
    setTrigger: (functionArn) => sent('UpdateUserPool', () => setTrigger(functionArn)),
    has: (username) => sent('AdminGetUser', async () => (await find(username)) !== null),
    create: (user) => sent('AdminCreateUser', () => create(user)),
    count: () => sent('ListUsers', count),
  };
}

function sent<T>(operation: string, call: () => Promise<T>): Promise<T> {
  return translated('Cognito', operation, call);
}

/** Long and random, with a character of each class that a password policy may require. */
function unknownPassword(): string {
  return `${randomBytes(30).toString('base64url')}aA1!`;
}
