/** The S3 key of a large value, by its hash: the object at a key never changes (RACE-24). */
export function bodyKey(sha256: string): string {
  return `bodies/${sha256.slice(0, 2)}/${sha256}`;
}

const BODY_KEY = /^bodies\/([0-9a-f]{2})\/(\1[0-9a-f]{62})$/;

/** The hash in a body's key, or null if it is not a body's key. */
export function hashOfBodyKey(key: string): string | null {
  return BODY_KEY.exec(key)?.[2] ?? null;
}
