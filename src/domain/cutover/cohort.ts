/** Number of cohorts, one for each percent of callers. */
const COHORTS = 100;

/**
 * The cohort of a caller, 0 to 99: the same on every instance and at every stage, so that no caller alternates between the stores, and
 * a caller that has moved to DynamoDB stays there when the share grows (RACE-41).
 */
export function cohort(callerKey: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(callerKey)) hash = Math.imul(hash ^ byte, 0x01000193);
  // FNV's low bits are weak for keys that differ in their last characters only.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) % COHORTS;
}

/** True if DynamoDB serves this caller's reads at this share of reads. */
export function isMoved(callerKey: string, percent: number): boolean {
  return cohort(callerKey) < percent;
}
