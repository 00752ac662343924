import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto';
import { argon2Verify, bcryptVerify } from 'hash-wasm';

/** Schemes of the plan's `auth.scheme`. */
export type Scheme = 'bcrypt' | 'argon2' | 'scrypt' | 'pbkdf2' | 'any';

/**
 * True if a password matches a legacy hash in its usual text form: bcrypt `$2b$…`, argon2 `$argon2id$…`, scrypt `$scrypt$ln=…,r=…,p=…$…$…`,
 * pbkdf2 `pbkdf2_sha256$n$salt$hash`, `$pbkdf2-sha256$n$salt$hash` or `$pbkdf2-sha256$i=n$salt$hash`. False for any other form.
 */
export async function verifyPassword(password: string, hash: string, scheme: Scheme): Promise<boolean> {
  const found = schemeOf(hash);
  if (found === null || password === '' || !hasScheme(hash, scheme)) return false;
  try {
    if (found === 'bcrypt') return await bcryptVerify({ password: first72(password), hash });
    if (found === 'argon2') return await argon2Verify({ password, hash });
    return found === 'scrypt' ? await fitsScrypt(password, hash) : await fitsPbkdf2(password, hash);
  } catch {
    // A damaged hash matches no password; its user gets the same response as for a wrong password.
    return false;
  }
}

/** How the plan says that passwords are hashed; `cost` is a hash's beginning, up to the salt, as in `$2b$12$`. */
export interface Hashing {
  readonly scheme: Scheme;
  readonly cost?: string | undefined;
}

/** True if a hash is of the scheme. */
export function hasScheme(hash: string, scheme: Scheme): boolean {
  const found = schemeOf(hash);
  return found !== null && (scheme === 'any' || scheme === found);
}

const COSTS: Readonly<Record<Scheme, string>> = {
  any: '$2b$10$',
  bcrypt: '$2b$10$',
  argon2: '$argon2id$v=19$m=65536,t=3,p=4$',
  scrypt: '$scrypt$ln=14,r=8,p=1$',
  pbkdf2: 'pbkdf2_sha256$600000$',
};

/** A hash of the plan's scheme and cost that no password matches, verified for unknown users so that they take as long as known ones. */
export function dummyHash({ scheme, cost = COSTS[scheme] }: Hashing): string {
  if (schemeOf(cost) === 'bcrypt') return `${cost}CwTycUXWue0Thq9StjUM0uJ8.LZWIHhFSBGMJPNgQUDSpXl0wO3Ly`;
  const digest = /sha(\d+)/.exec(cost)?.[1];
  const bytes = digest === '1' ? 20 : digest === '512' ? 64 : 32;
  return `${cost}${filler(16)}$${filler(bytes)}`;
}

function filler(bytes: number): string {
  return Buffer.alloc(bytes, 7).toString('base64').replaceAll('=', '');
}

function schemeOf(hash: string): Exclude<Scheme, 'any'> | null {
  if (/^\$2[abxy]?\$/.test(hash)) return 'bcrypt';
  if (/^\$argon2(id|i|d)\$/.test(hash)) return 'argon2';
  if (hash.startsWith('$scrypt$')) return 'scrypt';
  return /^\$?pbkdf2[_-]sha(1|256|512)\$/.test(hash) ? 'pbkdf2' : null;
}

/** bcrypt reads 72 bytes; its libraries cut off the rest, hash-wasm refuses it. */
function first72(password: string): Uint8Array {
  return new TextEncoder().encode(password).subarray(0, 72);
}

// Node's own scrypt and pbkdf2 are native and off the main thread: a WebAssembly loop could outlast Cognito's five seconds.
async function fitsScrypt(password: string, hash: string): Promise<boolean> {
  const [, , settings, salt, expected] = hash.split('$');
  const given = new Map((settings ?? '').split(',').map((pair) => [pair.split('=')[0], Number(pair.split('=')[1])]));
  const [ln, r, p] = [given.get('ln'), given.get('r'), given.get('p')];
  if (!ln || !r || !p || !salt || !expected) return false;
  const want = decode(expected);
  const options = { cost: 2 ** ln, blockSize: r, parallelization: p, maxmem: 256 * 2 ** ln * r };
  const got = await new Promise<Buffer>((resolve, reject) => {
    scrypt(password, decode(salt), want.length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
  return timingSafeEqual(got, want);
}

async function fitsPbkdf2(password: string, hash: string): Promise<boolean> {
  const django = !hash.startsWith('$');
  const [name, rounds, salt, expected] = (django ? hash : hash.slice(1)).split('$');
  const digest = name?.replace(/^pbkdf2[_-]/, '');
  const iterations = Number(rounds?.replace(/^i=/, ''));
  if (!digest || !Number.isInteger(iterations) || iterations < 1 || !salt || !expected) return false;
  const want = decode(expected);
  // Django uses the salt as written, the others encode it.
  const bytes = django ? Buffer.from(salt, 'utf8') : decode(salt);
  const got = await new Promise<Buffer>((resolve, reject) => {
    pbkdf2(password, bytes, iterations, want.length, digest, (error, key) => (error ? reject(error) : resolve(key)));
  });
  return timingSafeEqual(got, want);
}

/** Decodes Base64 with or without padding, and passlib's variant with a dot for the plus. */
function decode(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}
