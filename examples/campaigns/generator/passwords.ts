import { argon2id, bcrypt } from 'hash-wasm';

import { randomOf } from './random.ts';

const POOL = 50;
const WORDS = ['Dragon', 'Čaroděj', 'Σπαθί', 'Lantern', '龍の剣', 'Ravenloft'] as const;

/** The password of the user with this index: what a sign-in of the live traffic types. */
export function passwordOf(seed: number, user: number): string {
  const slot = user % POOL;
  const pin = randomOf(seed, `password ${slot}`).between(1000, 9999);
  return `${WORDS[slot % WORDS.length] ?? WORDS[0]}-${pin}-Tt!`;
}

/**
 * Hashes of the pool's passwords, at the lowest cost the formats allow: seeding has seconds and nothing here is secret.
 * Users 0-39 of each fifty carry bcrypt, the others argon2id.
 */
export async function passwordHashes(seed: number): Promise<(user: number) => string> {
  const hashes = await Promise.all(Array.from({ length: POOL }, (_, slot) => hashOf(seed, slot)));
  return (user) => hashes[user % POOL] ?? '';
}

function hashOf(seed: number, slot: number): Promise<string> {
  const password = passwordOf(seed, slot);
  const salt = randomOf(seed, `salt ${slot}`).bytes(16);
  return slot < 40
    ? bcrypt({ password, salt, costFactor: 4, outputType: 'encoded' })
    : argon2id({
        password,
        salt,
        parallelism: 1,
        iterations: 1,
        memorySize: 64,
        hashLength: 32,
        outputType: 'encoded',
      });
}
