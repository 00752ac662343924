import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  GetUserPoolMfaConfigCommand,
  SetUserPoolMfaConfigCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { forkS3AndCognito, type S3AndCognito } from '../../../local/stack/s3-and-cognito.ts';
import { createUserPool } from '../../../src/adapters/cognito/user-pool.ts';
import { settingsOf } from '../../../src/adapters/cognito/pool-settings.ts';
import { importUsers } from '../../../src/domain/auth/import.ts';
import type { LegacyUser } from '../../../src/domain/ports/legacy-users.ts';
import type { UserPool } from '../../../src/domain/ports/user-pool.ts';

let root: string;
let part: S3AndCognito;
let client: CognitoIdentityProviderClient;
let pool: UserPool;
let userPoolId: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-user-pool-'));
  part = await forkS3AndCognito({
    options: {
      s3: { directory: join(root, 's3'), buckets: ['portage-bodies'] },
      cognito: {
        directory: join(root, 'cognito'),
        lambdaEndpoint: 'http://127.0.0.1:1',
        triggerFunction: 'portage-migrate-user',
      },
    },
    logFile: join(root, 'cognito.log'),
  });
  userPoolId = part.facts.cognito.userPoolId;
  client = new CognitoIdentityProviderClient({
    endpoint: part.facts.cognito.endpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
  });
  pool = createUserPool({ client, userPoolId });
});

afterAll(async () => {
  client.destroy();
  await part.stop();
  rmSync(root, { recursive: true, force: true });
});

const user = (name: string): LegacyUser => ({ username: name, email: name, passwordHash: null });

async function settings(): Promise<object> {
  const { UserPool: found } = await client.send(new DescribeUserPoolCommand({ UserPoolId: userPoolId }));
  const { LambdaConfig: _trigger, LastModifiedDate: _date, ...rest } = found ?? { LambdaConfig: undefined };
  // Policies has it under its present name.
  const { UnusedAccountValidityDays: _superseded, ...admin } = rest.AdminCreateUserConfig ?? {};
  return { ...rest, AdminCreateUserConfig: admin };
}

test('the trigger is attached and taken off, and the other settings stay', async () => {
  const before = await settings();
  await pool.setTrigger('arn:aws:lambda:us-east-1:000000000000:function:portage-migrate-user');
  expect(await pool.trigger()).toBe('arn:aws:lambda:us-east-1:000000000000:function:portage-migrate-user');
  await pool.setTrigger(null);
  expect(await pool.trigger()).toBeNull();
  expect(await settings()).toEqual(before);
});

test('a pool of authenticator apps keeps them, also where the update loses them', async () => {
  const factors = { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } } as const;
  await client.send(new SetUserPoolMfaConfigCommand({ UserPoolId: userPoolId, ...factors }));
  // cognito-local keeps what AWS's UpdateUserPool has no member for.
  const lost = new CognitoIdentityProviderClient({
    endpoint: part.facts.cognito.endpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
  });
  lost.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      if ('LambdaConfig' in args.input)
        await client.send(
          new SetUserPoolMfaConfigCommand({
            UserPoolId: userPoolId,
            MfaConfiguration: 'OPTIONAL',
            SoftwareTokenMfaConfiguration: { Enabled: false },
          }),
        );
      return answer;
    },
    { step: 'initialize' },
  );
  await createUserPool({ client: lost, userPoolId }).setTrigger(
    'arn:aws:lambda:us-east-1:000000000000:function:portage-migrate-user',
  );
  expect(await client.send(new GetUserPoolMfaConfigCommand({ UserPoolId: userPoolId }))).toMatchObject(factors);
  await client.send(new SetUserPoolMfaConfigCommand({ UserPoolId: userPoolId, MfaConfiguration: 'OFF' }));
  await pool.setTrigger(null);
});

test('an update carries every setting along but the one that AWS refuses next to its successor', () => {
  const settings = settingsOf({
    Id: 'x',
    MfaConfiguration: 'ON',
    DeletionProtection: 'ACTIVE',
    Policies: { PasswordPolicy: { MinimumLength: 12, TemporaryPasswordValidityDays: 3 } },
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: true, UnusedAccountValidityDays: 3 },
  });
  expect(settings).toMatchObject({
    MfaConfiguration: 'ON',
    DeletionProtection: 'ACTIVE',
    Policies: { PasswordPolicy: { MinimumLength: 12, TemporaryPasswordValidityDays: 3 } },
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
  });
  expect(settings.AdminCreateUserConfig).not.toHaveProperty('UnusedAccountValidityDays');
});

test('RACE-50 users who never signed in are created once, confirmed, with a verified address', async () => {
  const people = ['a@example.org', 'b@example.org', 'c@example.org'].map(user);
  const users = {
    named: () => Promise.resolve([]),
    page: (after: string | null, limit: number) =>
      Promise.resolve(people.filter(({ username }) => after === null || username > after).slice(0, limit)),
    count: () => Promise.resolve(people.length),
    mark: () => Promise.resolve(0),
    changedSince: () => Promise.resolve(null),
  };
  const control = {
    write: () => Promise.reject(new Error('nobody is refused')),
    list: () => Promise.resolve([]),
    remove: () => Promise.resolve(),
  };
  const start = await pool.count();
  const first = await importUsers({ users, pool, control }, { after: null, limit: 2, width: 10 });
  expect(first).toEqual({ created: 2, present: 0, refused: 0, after: 'b@example.org' });
  expect(await importUsers({ users, pool, control }, { after: first.after, limit: 2, width: 10 })).toEqual({
    created: 1,
    present: 0,
    refused: 0,
    after: null,
  });
  expect(await importUsers({ users, pool, control }, { after: null, limit: 5, width: 1 })).toEqual({
    created: 0,
    present: 3,
    refused: 0,
    after: null,
  });
  expect(await pool.count()).toBe(start + 3);
  expect(await pool.has('b@example.org')).toBe(true);
  expect(await pool.has('nobody@example.org')).toBe(false);
  const found = await client.send(new AdminGetUserCommand({ UserPoolId: userPoolId, Username: 'a@example.org' }));
  expect(found.UserStatus).toBe('CONFIRMED');
  expect(found.UserAttributes).toContainEqual({ Name: 'email_verified', Value: 'true' });
});
