import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  AliasExistsException,
  CognitoIdentityProviderClient,
  InvalidParameterException,
  UsernameExistsException,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { beforeEach, expect, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { createUserPool } from '../../../src/adapters/cognito/user-pool.ts';
import {
  assertImported,
  importUntil,
  importUsers,
  type ImportStep,
  refusedUsers,
} from '../../../src/domain/auth/import.ts';
import type { LegacyUser, LegacyUsers } from '../../../src/domain/ports/legacy-users.ts';

/** Users by name, each with an e-mail address and a status. */
const members = new Map<string, { readonly email: string; readonly status: string }>();
const records = new Map<string, unknown>();
const control = {
  write: (_: string, id: string, value: unknown) => Promise.resolve(records.set(id, value).size),
  remove: (_: string, id: string) => Promise.resolve(void records.delete(id)),
  list: <T>() => Promise.resolve([...records].map(([id, value]) => ({ id, value: value as T }))),
};
const refusal = { $metadata: {}, message: 'refused' };
const client = new CognitoIdentityProviderClient({});
const pool = createUserPool({ client, userPoolId: 'pool' });

/** Behaves as AWS documents AdminCreateUser for a pool in which names ignore case and the e-mail address is an alias. */
beforeEach(() => {
  members.clear();
  records.clear();
  const find = (name = ''): string | undefined =>
    [...members.keys()].find((key) => key.toLowerCase() === name.toLowerCase() || members.get(key)?.email === name);
  const calls = mockClient(client);
  calls.on(AdminCreateUserCommand).callsFake(({ Username, UserAttributes }) => {
    const email = UserAttributes.find(({ Name }: { Name: string }) => Name === 'email').Value;
    if (!/^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u.test(Username))
      throw new InvalidParameterException({ ...refusal, message: `Value at 'username' failed to satisfy constraint` });
    if (!/^\S+@\S+\.\S+$/.test(email))
      throw new InvalidParameterException({ ...refusal, message: 'Invalid email address format.' });
    if (find(Username) !== undefined) throw new UsernameExistsException(refusal);
    if (find(email) !== undefined) throw new AliasExistsException(refusal);
    members.set(Username, { email, status: 'FORCE_CHANGE_PASSWORD' });
    return {};
  });
  calls.on(AdminGetUserCommand).callsFake(({ Username }) => {
    const name = find(Username);
    const member = name === undefined ? undefined : members.get(name);
    if (member === undefined) throw new UserNotFoundException(refusal);
    const UserAttributes = [{ Name: 'email', Value: member.email }];
    return { Username: name, UserStatus: member.status, UserAttributes };
  });
  calls.on(AdminSetUserPasswordCommand).callsFake(({ Username }) => {
    const member = members.get(Username);
    if (member !== undefined) members.set(Username, { ...member, status: 'CONFIRMED' });
    return {};
  });
});

async function importAll(...legacy: readonly (readonly [string, string])[]): Promise<ImportStep> {
  const people = legacy.map(([username, email]): LegacyUser => ({ username, email, passwordHash: null }));
  const users: LegacyUsers = {
    named: () => Promise.resolve([]),
    page: () => Promise.resolve(people),
    count: () => Promise.resolve(people.length),
    mark: () => Promise.resolve(0),
    changedSince: () => Promise.resolve(null),
  };
  return importUsers({ users, pool, control }, { after: null, limit: 100, width: 1 });
}

test.each([
  ['an address in two cases', ['ann2', 'A@x.org'], /a@x\.org is the alias of another user/],
  ['a name that differs in case only', ['ANN', 'other@x.org'], /its name is taken by the user ann/],
  ['a name that is the address of another user', ['a@x.org', 'other@x.org'], /its name is taken by the user ann/],
  ['a name with a space', ['mary ann', 'm@x.org'], /'username' failed to satisfy/],
  ['an address that is none', ['bob', 'n/a'], /Invalid email address format/],
] as const)('RACE-50 %s: recorded by name, and the others go on', async (_, [username, email], reason) => {
  const step = await importAll(['ann', 'a@x.org'], [username, email], ['zoe', 'z@x.org']);
  expect(step).toEqual({ created: 2, present: 0, refused: 1, after: null });
  expect([...members.keys()]).toEqual(['ann', 'zoe']);
  expect(await refusedUsers(control)).toEqual([{ username, reason: expect.stringMatching(reason) }]);
  await expect(assertImported(control)).rejects.toMatchObject({
    name: 'UsersRefused',
    message: expect.stringContaining(`refused 1 users, whose accounts would be lost with PostgreSQL: ${username}`),
  });
});

test('a corrected user is created by the next import, and the record goes', async () => {
  await importAll(['ann', 'a@x.org'], ['bob', 'n/a']);
  expect(await importAll(['ann', 'a@x.org'], ['bob', 'b@x.org'])).toEqual({
    created: 1,
    present: 1,
    refused: 0,
    after: null,
  });
  await assertImported(control);
});

test('an import that died before the password was set confirms the user', async () => {
  members.set('ann', { email: 'a@x.org', status: 'FORCE_CHANGE_PASSWORD' });
  expect(await importAll(['ann', 'a@x.org'])).toMatchObject({ created: 0, present: 1 });
  expect(members.get('ann')?.status).toBe('CONFIRMED');
});

test('a call goes on with the next users until its time is over, and the next call goes on from there', async () => {
  const people = Array.from({ length: 7 }, (_, at): LegacyUser => {
    return { username: `u${at}`, email: `u${at}@x.org`, passwordHash: null };
  });
  const users: LegacyUsers = {
    named: () => Promise.resolve([]),
    page: (after, limit) =>
      Promise.resolve(people.filter(({ username }) => after === null || username > after).slice(0, limit)),
    count: () => Promise.resolve(people.length),
    mark: () => Promise.resolve(0),
    changedSince: () => Promise.resolve(null),
  };
  let steps = 0;
  const step = { after: null, limit: 2, width: 1 };
  const first = await importUntil({ users, pool, control }, step, () => (steps += 1) === 2);
  expect(first).toEqual({ created: 4, present: 0, refused: 0, after: 'u3' });
  const last = await importUntil({ users, pool, control }, { ...step, after: first.after }, () => false);
  expect(last).toEqual({ created: 3, present: 0, refused: 0, after: null });
  expect(members.size).toBe(7);
});
