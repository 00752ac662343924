import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { CREDENTIALS } from '../../../../local/process/credentials.ts';
import { closeServer, listen } from '../../../../local/process/free-port.ts';
import { forkS3AndCognito, type S3AndCognito } from '../../../../local/stack/s3-and-cognito.ts';

const eventSchema = z.object({
  triggerSource: z.string(),
  userName: z.string(),
  request: z.object({ password: z.string() }),
});

let root: string;
let lambda: Server;
let lambdaEndpoint: string;
let part: S3AndCognito;
let cognito: S3AndCognito['facts']['cognito'];
let client: CognitoIdentityProviderClient;
const calls: string[] = [];

/** A migration trigger that knows one user and one password. */
function answerTrigger(path: string, body: string): { error: boolean; payload: unknown } {
  const event = eventSchema.parse(JSON.parse(body));
  calls.push(`${path} ${event.triggerSource} ${event.userName}`);
  if (event.request.password !== 'Right-Password-1') return { error: true, payload: { errorMessage: 'no' } };
  const response = {
    userAttributes: { email: event.userName, email_verified: 'true', sub: `sub-of-${event.userName}` },
    finalUserStatus: 'CONFIRMED',
    messageAction: 'SUPPRESS',
  };
  return { error: false, payload: { response } };
}

async function start(): Promise<void> {
  part = await forkS3AndCognito({
    options: {
      s3: { directory: join(root, 's3'), buckets: ['portage-bodies'] },
      cognito: { directory: join(root, 'cognito'), lambdaEndpoint, triggerFunction: 'portage-migrate-user' },
    },
    logFile: join(root, 'cognito.log'),
  });
  cognito = part.facts.cognito;
  client = new CognitoIdentityProviderClient({
    endpoint: cognito.endpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
  });
}

async function restart(): Promise<void> {
  client.destroy();
  await part.stop();
  await start();
}

async function signIn(username: string, password: string): Promise<string | undefined> {
  const { AuthenticationResult } = await client.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: cognito.clientId,
      AuthParameters: { USERNAME: username, PASSWORD: password },
    }),
  );
  return AuthenticationResult?.IdToken;
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-cognito-'));
  lambda = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { error, payload } = answerTrigger(request.url ?? '', Buffer.concat(chunks).toString());
      if (error) response.setHeader('x-amz-function-error', 'Unhandled');
      response.end(JSON.stringify(payload));
    });
  });
  lambdaEndpoint = await listen(lambda, 0, 'test');
  await start();
});
afterAll(async () => {
  client.destroy();
  await part.stop();
  await closeServer(lambda);
  rmSync(root, { recursive: true, force: true });
});

test('the first sign-in of an unknown user calls the migration trigger, later ones do not', async () => {
  calls.length = 0;
  expect(await signIn('ana@example.com', 'Right-Password-1')).toEqual(expect.any(String));
  expect(await signIn('ana@example.com', 'Right-Password-1')).toEqual(expect.any(String));
  expect(calls).toEqual([
    '/2015-03-31/functions/portage-migrate-user/invocations UserMigration_Authentication ana@example.com',
  ]);
  const user = await client.send(
    new AdminGetUserCommand({ UserPoolId: cognito.userPoolId, Username: 'ana@example.com' }),
  );
  expect(user.UserStatus).toBe('CONFIRMED');
  expect(user.UserAttributes).toContainEqual({ Name: 'email_verified', Value: 'true' });
});

test('a refused trigger refuses the sign-in and creates nobody', async () => {
  await expect(signIn('eve@example.com', 'wrong')).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  const { Users } = await client.send(new ListUsersCommand({ UserPoolId: cognito.userPoolId }));
  expect(Users?.flatMap((user) => user.Attributes ?? []).map(({ Value }) => Value)).not.toContain('eve@example.com');
});

test('pool, client and users are the same after a restart, even if a kill tore the last line', async () => {
  await signIn('bo@example.com', 'Right-Password-1');
  const { userPoolId, clientId } = cognito;
  appendFileSync(join(root, 'cognito', `${userPoolId}.jsonl`), '{"key":["Users","torn');
  await restart();
  expect({ userPoolId, clientId }).toEqual({ userPoolId: cognito.userPoolId, clientId: cognito.clientId });
  calls.length = 0;
  expect(await signIn('bo@example.com', 'Right-Password-1')).toEqual(expect.any(String));
  expect(calls).toEqual([]);
  await restart();
  const found = await client.send(new AdminGetUserCommand({ UserPoolId: userPoolId, Username: 'bo@example.com' }));
  expect(found.UserCreateDate).toBeInstanceOf(Date);
});
