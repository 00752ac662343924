import { createHash } from 'node:crypto';

/**
 * The number of a version of a function or a machine. AWS counts versions; here the number follows from what the version is made of, so that
 * a template has the same numbers at each start, and an earlier template had others.
 */
export function versionNumber(madeOf: string): string {
  const digest = createHash('sha256').update(madeOf).digest('hex');
  return String(Number.parseInt(digest.slice(0, 8), 16) + 1);
}
