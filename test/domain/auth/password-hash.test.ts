import { pbkdf2Sync, scryptSync } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { argon2id, bcrypt } from 'hash-wasm';
import { dummyHash, type Scheme, verifyPassword } from '../../../src/domain/auth/password-hash.ts';

const salt = Buffer.from('0123456789abcdef');
const password = 'Passwörd 龍';
const pad = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

let hashes: Readonly<Record<string, string>>;

beforeAll(async () => {
  hashes = {
    bcrypt: await bcrypt({ password, salt, costFactor: 4, outputType: 'encoded' }),
    argon2: await argon2id({
      password,
      salt,
      parallelism: 1,
      iterations: 1,
      memorySize: 64,
      hashLength: 32,
      outputType: 'encoded',
    }),
    scrypt: `$scrypt$ln=10,r=8,p=1$${pad(salt)}$${pad(scryptSync(password, salt, 32, { cost: 1024 }))}`,
    'pbkdf2 of Django': `pbkdf2_sha256$1000$seasalt$${pbkdf2Sync(password, 'seasalt', 1000, 32, 'sha256').toString('base64')}`,
    'pbkdf2 of passlib': `$pbkdf2-sha512$1000$${pad(salt).replaceAll('+', '.')}$${pad(pbkdf2Sync(password, salt, 1000, 64, 'sha512')).replaceAll('+', '.')}`,
    'pbkdf2 with i=': `$pbkdf2-sha256$i=1000$${pad(salt)}$${pad(pbkdf2Sync(password, salt, 1000, 32, 'sha256'))}`,
  };
});

test.each(['bcrypt', 'argon2', 'scrypt', 'pbkdf2 of Django', 'pbkdf2 of passlib', 'pbkdf2 with i='])(
  '%s: the right password fits, another does not, and the scheme is minded',
  async (name) => {
    const hash = hashes[name] ?? '';
    expect(await verifyPassword(password, hash, 'any')).toBe(true);
    expect(await verifyPassword(`${password}?`, hash, 'any')).toBe(false);
    expect(await verifyPassword('', hash, 'any')).toBe(false);
    expect(await verifyPassword(password, hash, name === 'bcrypt' ? 'argon2' : 'bcrypt')).toBe(false);
  },
);

test('the prefixes that bcrypt had over the years are the same', async () => {
  for (const prefix of ['$2a$', '$2y$'])
    expect(
      await verifyPassword(
        password,
        (hashes['bcrypt'] ?? '').replace('$2a$', prefix).replace('$2b$', prefix),
        'bcrypt',
      ),
    ).toBe(true);
});

test('a password beyond 72 bytes fits as its library cut it', async () => {
  const long = 'a'.repeat(72);
  const hash = await bcrypt({ password: long, salt, costFactor: 4, outputType: 'encoded' });
  expect(await verifyPassword(`${long}and more`, hash, 'bcrypt')).toBe(true);
});

test.each(['', 'plain', '$2b$10$short', '$scrypt$ln=10$x$y', 'pbkdf2_sha256$x$y$z', '$argon2id$v=19$broken'])(
  'a damaged hash fits nothing: %s',
  async (hash) => {
    expect(await verifyPassword(password, hash, 'any')).toBe(false);
  },
);

test.each([
  ['bcrypt', undefined, /^\$2b\$10\$[./A-Za-z0-9]{53}$/],
  ['bcrypt', '$2b$04$', /^\$2b\$04\$[./A-Za-z0-9]{53}$/],
  ['argon2', '$argon2id$v=19$m=64,t=1,p=1$', /^\$argon2id\$v=19\$m=64,t=1,p=1\$[^$]{22}\$[^$]{43}$/],
  ['scrypt', '$scrypt$ln=10,r=8,p=1$', /^\$scrypt\$ln=10,r=8,p=1\$[^$]{22}\$[^$]{43}$/],
  ['pbkdf2', '$pbkdf2-sha512$1000$', /^\$pbkdf2-sha512\$1000\$[^$]{22}\$[^$]{86}$/],
  ['pbkdf2', 'pbkdf2_sha1$1000$', /^pbkdf2_sha1\$1000\$[^$]{22}\$[^$]{27}$/],
] as const)('the hash for unknown users has the form of %s with cost %s, and no password fits it', async (...given) => {
  const [scheme, cost, form]: readonly [Scheme, string | undefined, RegExp] = given;
  const hash = dummyHash({ scheme, cost });
  expect(hash).toMatch(form);
  expect(await verifyPassword(password, hash, scheme)).toBe(false);
});
