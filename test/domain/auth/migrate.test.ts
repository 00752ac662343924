import { beforeAll, expect, test } from '@jest/globals';
import { bcrypt } from 'hash-wasm';
import { migrateOnForgotPassword, migrateOnSignIn } from '../../../src/domain/auth/migrate.ts';
import type { LegacyUser, LegacyUsers } from '../../../src/domain/ports/legacy-users.ts';

let ann: LegacyUser;

beforeAll(async () => {
  const passwordHash = await bcrypt({
    password: 'right',
    salt: Buffer.alloc(16, 7),
    costFactor: 4,
    outputType: 'encoded',
  });
  ann = { username: 'Ann@Example.org', email: ' Ann@Example.org', passwordHash };
});

function legacy(...users: readonly LegacyUser[]): LegacyUsers {
  return {
    named: (name) => Promise.resolve(users.filter(({ username }) => username.toLowerCase() === name.toLowerCase())),
    page: () => Promise.resolve(users),
    count: () => Promise.resolve(users.length),
    mark: () => Promise.resolve(0),
    changedSince: () => Promise.resolve(users),
  };
}

test('the right password brings the user over, in whatever case the name is typed', async () => {
  expect(await migrateOnSignIn(legacy(ann), { scheme: 'any' }, 'ann@example.ORG', 'right')).toEqual({
    username: 'Ann@Example.org',
    attributes: { email: 'ann@example.org', email_verified: 'true' },
  });
});

test('RACE-50 a wrong password, an unknown user and a user without a password get the same answer', async () => {
  expect(await migrateOnSignIn(legacy(ann), { scheme: 'any' }, 'ann@example.org', 'wrong')).toBeNull();
  expect(await migrateOnSignIn(legacy(ann), { scheme: 'any' }, 'bob@example.org', 'right')).toBeNull();
  expect(
    await migrateOnSignIn(legacy({ ...ann, passwordHash: null }), { scheme: 'any' }, 'ann@example.org', 'right'),
  ).toBeNull();
});

test('RACE-50 a name that fits two users in other cases belongs to neither, but to the one it names exactly', async () => {
  const twins = legacy(ann, { ...ann, username: 'ANN@example.org' });
  expect(await migrateOnSignIn(twins, { scheme: 'any' }, 'ann@example.org', 'right')).toBeNull();
  expect((await migrateOnSignIn(twins, { scheme: 'any' }, 'ANN@example.org', 'right'))?.username).toBe(
    'ANN@example.org',
  );
});

test('RACE-50 an unknown user costs as much work as a known one, at the scheme and cost of the plan', async () => {
  const passwordHash = await bcrypt({
    password: 'right',
    salt: Buffer.alloc(16, 7),
    costFactor: 8,
    outputType: 'encoded',
  });
  const hashing = { scheme: 'bcrypt', cost: '$2b$08$' } as const;
  const users = legacy(
    { ...ann, passwordHash },
    { username: 'bob', email: 'b@x.org', passwordHash: '{SSHA}unsupported' },
  );
  /** Milliseconds of this process's CPU for a refused sign-in, the least of some. */
  const cost = async (username: string): Promise<number> => {
    const tries: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      const before = process.cpuUsage();
      expect(await migrateOnSignIn(users, hashing, username, 'wrong')).toBeNull();
      const { user, system } = process.cpuUsage(before);
      tries.push((user + system) / 1000);
    }
    return Math.min(...tries);
  };
  const known = await cost('ann@example.org');
  for (const name of ['nobody', 'bob']) {
    const ratio = (await cost(name)) / known;
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  }
});

test('forgot-password needs no password', async () => {
  expect((await migrateOnForgotPassword(legacy(ann), 'ann@example.org'))?.attributes['email_verified']).toBe('true');
  expect(await migrateOnForgotPassword(legacy(ann), 'bob@example.org')).toBeNull();
});
